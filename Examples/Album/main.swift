// Prediction inside another program: an album of pictures, grouped by what they show.
// Run: swift run -c release example-album weights.safetensors ~/Pictures > album.md
import Datasets
import Foundation
import OneDNNBackend
import Training

guard CommandLine.arguments.count == 3 else {
  print("usage: example-album WEIGHTS FOLDER")
  exit(2)
}
let classifier = try Classifier(weights: URL(fileURLWithPath: CommandLine.arguments[1]), backend: OneDNNBackend())
var album: [String: [String]] = [:]
for path in try ImageFiles.expand([CommandLine.arguments[2]]) {
  do {
    let guess = try classifier.classify(ImageDecoder.decode(path: path))[0]
    album[guess.name, default: []].append(path)
  } catch let error as DatasetError {
    album["not readable", default: []].append("\(error)")
  }
}
for (name, pictures) in album.sorted(by: { $0.key < $1.key }) {
  print("# \(name)\n")
  for picture in pictures { print("- \(picture)") }
  print("")
}
