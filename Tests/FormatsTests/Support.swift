// Where tests of formats read and write:
// what is in a folder, and the committed fixtures.
import Foundation
import TestSupport

extension TemporaryFolder {
  /// The names in the folder, hidden ones too.
  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }
}

/// Where the committed fixtures are.
let fixtures = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures")
