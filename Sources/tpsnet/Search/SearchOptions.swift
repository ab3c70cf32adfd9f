// What all search commands share: the storage, the study in it, and words for what is not there.
// Only `run` makes a study; everything else wants one that exists.
import ArgumentParser
import Foundation
import Reports
import Search
import Training

/// `--storage`.
struct StorageOptions: ParsableArguments {
  private static let standard = "study.db"

  @Option(help: ArgumentHelp("SQLite file, or postgresql://user@host/database.", valueName: "place"))
  var storage = standard

  /// The option as one would write it again, but for a password; empty for the default.
  var flag: String {
    guard storage != Self.standard, let url = try? url else { return "" }
    return " --storage \(ShellText.quoted("\(url)"))"
  }

  /// The storage, made where it does not exist.
  func open() throws -> any StudyStorage {
    _ = try url
    return try DatabaseStorage(url: storage)
  }

  /// The storage, which has to exist.
  func existing() throws -> DatabaseStorage {
    guard try isThere else {
      throw ConfigurationError("there is no \(try url): name the studies' file or database with --storage")
    }
    return try DatabaseStorage(url: storage, makesTables: false)
  }

  /// Whether it may hold studies; a file has to exist.
  var isThere: Bool {
    get throws {
      guard case .sqlite(let path) = try url else { return true }
      return FileManager.default.fileExists(atPath: path)
    }
  }

  /// The files of a storage in one; none of a database elsewhere.
  var files: [URL] {
    get throws {
      guard case .sqlite(let path) = try url else { return [] }
      return ["", "-wal", "-shm"].map { URL(fileURLWithPath: path + $0) }
    }
  }

  /// Where it is.
  var url: StorageURL {
    get throws {
      do {
        return try StorageURL(storage)
      } catch {
        throw ConfigurationError("\(error)")
      }
    }
  }
}

/// `--study` and `--storage`.
struct StudyOptions: ParsableArguments {
  @Option(help: "Name of the study.")
  var study: String
  @OptionGroup var place: StorageOptions

  func validate() throws {
    if study.isEmpty { throw ValidationError("--study: name one") }
    if study.unicodeScalars.count > 512 { throw ValidationError("--study: use a name of 1 to 512 characters") }
  }
}

extension StudyStorage {
  /// The study called `name`. Throws `ConfigurationError`, which lists those that exist.
  func known(_ name: String) throws -> StudyRecord {
    if let record = try study(named: name) { return record }
    let names = try studies().map(\.name)
    let known = names.isEmpty ? "there is none at all" : "there are \(names.joined(separator: ", "))"
    throw ConfigurationError("there is no study \(name); \(known): tpsnet search run makes one")
  }
}

extension StudyRecord {
  /// The study attribute that holds the path of the trials' folders, as JSON.
  static let folderAttribute = "tpsnet:folder"

  /// The study attribute that holds the length of its leases in seconds.
  static let leaseAttribute = "tpsnet:lease"

  /// How long a worker must have shown no sign of life to be taken for dead: the same for all of the study's.
  var lease: Duration {
    let seconds = attributes[Self.leaseAttribute].flatMap { Double($0) } ?? 60
    return .seconds(Self.leases.contains(seconds) ? seconds : 60)
  }

  /// Seconds that a lease may have.
  static let leases = 0.5...86_400

  /// The command that trains a trial in full.
  func command(forTrial number: Int, in place: StorageOptions) -> String {
    "\(Environment.program) train --from-trial \(ShellText.quoted("\(name)#\(number)"))\(place.flag)"
  }

  /// What the study searches. Throws `ConfigurationError` for a study that another program made.
  func definition() throws -> StudyDefinition {
    guard let text = attributes[StudyDefinition.attribute] else {
      throw ConfigurationError(
        "study \(name) says nowhere what is to be tried: tpsnet search run --study \(ShellText.quoted(name)) --space FILE does"
      )
    }
    return try StudyDefinition(json: text)
  }

  /// Where the trials' folders are; nil where nobody has said.
  var folder: URL? {
    attributes[Self.folderAttribute].flatMap { try? JSONDecoder().decode(String.self, from: Data($0.utf8)) }
      .map { URL(fileURLWithPath: $0) }
  }
}
