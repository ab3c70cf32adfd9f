// Where data lies: the rule that picks the directory, and the places looked into inside it.
// Explicit choice, then TPSNET_DATA, then the XDG data home.
public import Foundation

/// A directory that holds data sets, or is to hold them.
public struct DataDirectory: Equatable, Sendable {
  /// The path of the directory.
  public let path: String

  /// The directory at `path`; a leading `~` is the home directory.
  public init(path: String) {
    self.path = (path as NSString).expandingTildeInPath
  }

  /// The directory in force: `explicit` (from `--data`), else `$TPSNET_DATA`, else `$XDG_DATA_HOME/tpsnet`, else
  /// `~/.local/share/tpsnet`. Empty values count as absent, and so does an XDG path that is not absolute.
  public static func resolve(
    explicit: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> DataDirectory {
    if let explicit, !explicit.isEmpty { return DataDirectory(path: explicit) }
    if let chosen = environment["TPSNET_DATA"], !chosen.isEmpty { return DataDirectory(path: chosen) }
    if let xdg = environment["XDG_DATA_HOME"], xdg.hasPrefix("/") { return DataDirectory(path: xdg + "/tpsnet") }
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    return DataDirectory(path: home + "/.local/share/tpsnet")
  }

  /// The place of the official binary layout, where downloads and imports end.
  var binaryFolder: String { path + "/" + CIFAR10.Layout.binary.folderName }

  /// The CIFAR-10 found here: in `cifar-10-batches-bin`, where downloads and imports end, in the directory itself or in
  /// `cifar-10-batches-py`. A complete copy is preferred to an incomplete one.
  func cifar10() throws -> CIFAR10Folder {
    let candidates = CIFAR10.Layout.allCases.flatMap { layout in
      ["/" + layout.folderName, ""].map { CIFAR10Folder(path: path + $0, layout: layout) }
    }
    let found =
      candidates.first { $0.presentFiles == CIFAR10.batchNames.count } ?? candidates.first { $0.presentFiles > 0 }
    guard let found else {
      let arePictures = (try? ImageFolder.hasImages(path)) ?? false
      throw DatasetError(
        .missing, at: path, "no CIFAR-10 here, neither as .bin files nor as cifar-10-batches-bin or -py",
        remedy: arePictures ? "its pictures are --dataset folder:\(path)" : CIFAR10.remedy)
    }
    return found
  }
}
