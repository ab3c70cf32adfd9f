// The mark of a study in the folder of its trials: two studies in one folder would go on from each other's checkpoints
// and remove them.
import Formats
import Foundation
import Search
import Training

extension StudyRecord {
  /// The study attribute with a word that no other study has, as JSON; studies of earlier versions lack it.
  static let ownerAttribute = "tpsnet:owner"

  /// The file in the study's folder that repeats it.
  static let ownerFile = ".study"

  /// A word for a new study.
  static var newOwner: String { UUID().uuidString.jsonQuoted }

  /// Makes `folder` and marks it as this study's. Throws `ConfigurationError` where that cannot be, or it is another's.
  func claim(_ folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ConfigurationError("cannot create the study's folder \(folder.path): choose another with --folder")
    }
    guard let owner = attributes[Self.ownerAttribute] else { return }
    let mark = folder.appendingPathComponent(Self.ownerFile)
    if let other = try? String(contentsOf: mark, encoding: .utf8) {
      guard other == owner else {
        throw ConfigurationError(
          "\(folder.path) is the folder of another study: choose another --folder, or say its --storage")
      }
      return
    }
    do {
      try AtomicFile.write(Data(owner.utf8), to: mark)
    } catch {
      throw ConfigurationError("\(error): choose another --folder")
    }
  }
}
