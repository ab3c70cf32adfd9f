// The storages under test, each in a place of its own: a process's memory, a file, a database on a server of ours.
// Where PostgreSQL's server is not installed, its tests are skipped with the reason.
import Foundation
import Search
import TestSupport
import Testing

/// An implementation of the contract.
enum StorageKind: String, CaseIterable, CustomTestStringConvertible {
  case memory, sqlite, postgresql

  var testDescription: String { rawValue }

  /// Those that can be tested here.
  static let available = allCases.filter { $0 != .postgresql || PostgreSQLServer.isPresent }

  /// Those that other processes can open.
  static let shared = available.filter { $0 != .memory }

  /// A new, empty place.
  func place() throws -> StoragePlace {
    switch self {
    case .memory: return StoragePlace(kind: self, url: "", folder: nil)
    case .sqlite:
      let folder = try TemporaryFolder()
      return StoragePlace(kind: self, url: folder.path("study.db"), folder: folder)
    case .postgresql:
      return StoragePlace(kind: self, url: try PostgreSQLServer.shared.get().newDatabase(), folder: nil)
    }
  }
}

/// Where studies are kept during a test.
final class StoragePlace: Sendable {
  let kind: StorageKind
  /// The address, empty for memory.
  let url: String
  private let folder: TemporaryFolder?
  private let memory = MemoryStorage()

  init(kind: StorageKind, url: String, folder: TemporaryFolder?) {
    self.kind = kind
    self.url = url
    self.folder = folder
  }

  /// A handle on the studies; every call opens another, as another worker would.
  func open() throws -> any StudyStorage {
    kind == .memory ? memory : try DatabaseStorage(url: url)
  }
}
