// Weights that come with the program, by name: `--weights sprint`.
// They lie in the source folder beside a build, and in share/tpsnet/weights beside an installed program.
import Foundation
import Training

/// The weights that the program finds by name.
enum ShippedWeights {
  /// The file that `text` stands for: a path, or else the name of shipped weights.
  static func file(_ text: String) throws -> URL {
    let url = URL(fileURLWithPath: text)
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    if exists, !isFolder.boolValue {
      guard url.pathExtension.lowercased() != "onnx" else {
        throw ConfigurationError(
          "\(text): an ONNX model, which is written but not read: name the run or the weights that it was made of")
      }
      return url
    }
    let shipped = all()
    guard let found = shipped[text] else {
      if exists {
        let run = RunDirectory(url)
        throw ConfigurationError(
          "--weights \(text): a folder: "
            + (run.exists ? "this run's weights are \(try run.chosenWeights.path)" : "name a file of weights"))
      }
      let names = shipped.isEmpty ? "there are none here" : "there are \(shipped.keys.sorted().joined(separator: ", "))"
      throw ConfigurationError("--weights \(text): no such file, nor shipped weights of that name (\(names))")
    }
    return found
  }

  /// The files by their names.
  private static func all() -> [String: URL] {
    let files = folders.lazy.map { folder in
      ((try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? [])
        .filter { $0.pathExtension == "safetensors" }
    }.first { !$0.isEmpty }
    return Dictionary((files ?? []).map { ($0.deletingPathExtension().lastPathComponent, $0) }) { first, _ in first }
  }

  /// Where they may lie, the first that has any counts.
  private static var folders: [URL] {
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return [] }
    let installed = program.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("share/tpsnet/weights")
    // Builds lie at .build/<platform>/<configuration>/tpsnet.
    let source = (0..<4).reduce(program) { url, _ in url.deletingLastPathComponent() }.appendingPathComponent("Weights")
    return [installed, source]
  }
}
