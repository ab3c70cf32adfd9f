// `tpsnet predict`: what a network takes pictures for, and where it looked.
import ArgumentParser
import Datasets
import Formats
import Foundation
import OneDNNBackend
import Reports
import Training

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Classify pictures: PNG, JPEG or WebP.",
    discussion: """
      A picture is turned upright (EXIF), cut to its centred square and scaled to the network's size; for networks of \
      Fashion-MNIST it becomes grey, with that set's black margin. A folder stands for the pictures in it and below it; \
      a lone - is standard input. Pictures that cannot be read are named on standard error; the others are judged all \
      the same, and the exit code is 1.

      EXAMPLE
        tpsnet predict cat.jpg holidays/ --run sprint-1 --top 3
        curl -s https://example.org/cat.webp |
            tpsnet predict - --weights sprint --saliency where.png
      """)

  /// Pictures of a pass.
  private static let largestBatch = 32

  @Argument(help: ArgumentHelp("Pictures, folders of them, or - for standard input.", valueName: "image"))
  var images: [String]
  @OptionGroup var source: WeightsOptions
  @OptionGroup var engine: EngineOptions
  @Option(help: "How many classes to show.")
  var top = 5
  @Option(help: ArgumentHelp("For one picture: mark what speaks for its class, in a PNG.", valueName: "out.png"))
  var saliency: String?
  @Flag(help: "Print one JSON document.")
  var json = false

  private struct Row: Encodable {
    let image: String
    var width: Int?
    var height: Int?
    var top: [Classifier.Guess]?
    var error: String?
  }

  func validate() throws {
    guard top >= 1 else { throw ValidationError("--top \(top): use 1 or more") }
  }

  func run() throws {
    let loaded = try source.load()
    // One for each picture, in the order in which they were named.
    var rows: [Row] = []
    for name in images {
      do {
        rows += try ImageFiles.expand([name]).map { Row(image: $0) }
      } catch let error as DatasetError {
        rows.append(Row(image: name, error: "\(error)"))
      }
    }
    if let saliency {
      guard rows.count == 1 else { throw ConfigurationError("--saliency: \(rows.count) pictures: name one") }
      let read = [URL(fileURLWithPath: rows[0].image), loaded.file]
      try OutputFile.demand("--saliency", saliency, isNoneOf: read)
    }
    let backend = try OneDNNBackend.make(loaded.configuration, threads: engine.threads)
    let precision = loaded.precision(engine.precision)
    // The covered images of a saliency map come in many.
    let batch = saliency == nil ? min(rows.count, Self.largestBatch) : Self.largestBatch
    let classifier = try Classifier(
      loaded.graph, loaded.parameters, loaded.info, backend: backend, precision: precision, batchSize: batch)

    var last: DecodedImage?
    for start in stride(from: 0, to: rows.count, by: batch) {
      let part = start..<min(start + batch, rows.count)
      (rows[part], last) = try judge(rows[part], classifier)
      for error in rows[part].compactMap(\.error) { Console.error("tpsnet: " + error.withoutControls) }
      if !json { show(rows[part], isAlone: rows.count == 1) }
    }
    if json { try Console.json(["images": rows]) }
    // Last, so that a file that cannot be written costs nobody the result.
    if let saliency, let picture = last, let best = rows[0].top?.first {
      let map = try Saliency(of: picture, label: best.label, classifier)
      try AtomicFile.write(Data(map.overlay().png()), to: URL(fileURLWithPath: saliency))
      Console.error("saliency for \(best.name): \(saliency)")
    }
    if rows.contains(where: { $0.error != nil }) { throw ExitCode(1) }
  }

  /// The rows with what is to be said of their pictures, and the last of these.
  private func judge(
    _ pictures: ArraySlice<Row>, _ classifier: Classifier
  ) throws -> (rows: ArraySlice<Row>, last: DecodedImage?) {
    var rows = pictures
    var images: [[UInt8]] = []
    var places: [Int] = []
    var last: DecodedImage?
    for place in rows.indices where rows[place].error == nil {
      do {
        let picture = try ImageFiles.decode(rows[place].image)
        (rows[place].width, rows[place].height) = (picture.width, picture.height)
        // Large pictures are not kept: a pass may be of many.
        images.append(try classifier.image(of: picture))
        places.append(place)
        last = picture
      } catch let error as DatasetError {
        rows[place].error = "\(error)"
      }
    }
    for (place, guesses) in zip(places, try classifier.classify(images: images)) {
      rows[place].top = Array(guesses.prefix(top))
    }
    return (rows, last)
  }

  private func show(_ rows: ArraySlice<Row>, isAlone: Bool) {
    for row in rows {
      guard let top = row.top else { continue }
      if !isAlone { Console.out(row.image.withoutControls) }
      let width = top.map(\.name.count).max() ?? 0
      for guess in top {
        let name = guess.name + String(repeating: " ", count: width - guess.name.count)
        let percent = Format.percent(guess.probability)
        let padding = String(repeating: " ", count: max(0, 8 - percent.count))
        Console.out("  \(name)  \(Format.bar(guess.probability, 30))  \(padding)\(percent)")
      }
    }
  }
}
