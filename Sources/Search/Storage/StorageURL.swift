// Where a study's database is, as Optuna and SQLAlchemy write it, or simply a file's name.
// A password is part of it, so nothing here is ever shown but `description`.
import Foundation

/// A database's place.
public enum StorageURL: Sendable, CustomStringConvertible {
  /// A file.
  case sqlite(path: String)
  /// A server, by the address that libpq understands.
  case postgreSQL(String)

  /// Reads `study.db`, `sqlite:///study.db`, `sqlite:////folder/study.db` or `postgresql://user:password@host/database`
  /// (with a driver as in `postgresql+psycopg2://`, or without). Throws `StorageError.unusable`.
  public init(_ text: String) throws {
    guard let colon = text.range(of: "://") else {
      guard !text.isEmpty, text != ":memory:" else { throw Self.unknown }
      self = .sqlite(path: text)
      return
    }
    let scheme = text[..<colon.lowerBound].split(separator: "+").first.map { $0.lowercased() }
    let rest = text[colon.upperBound...]
    switch scheme {
    case "sqlite":
      let path = rest.dropFirst()
      guard rest.hasPrefix("/"), !path.isEmpty, path != ":memory:" else { throw Self.unknown }
      self = .sqlite(path: String(path))
    case "postgresql", "postgres":
      self = .postgreSQL("postgresql://\(rest)")
    default: throw Self.unknown
    }
  }

  private static var unknown: StorageError {
    .unusable("--storage names no database: write study.db, sqlite:///study.db or postgresql://user:password@host/name")
  }

  /// The place without its password, as it can be given again.
  public var description: String {
    switch self {
    case .sqlite(let path): return path
    case .postgreSQL(let url):
      let address = url.dropFirst("postgresql://".count)
      let server = address.prefix { $0 != "/" }
      // Whatever stands between the first colon and the last @ may be a password; in a malformed address a question mark
      // may stand before that colon, and a slash behind it.
      let isCut = server.contains(":") && !server.contains("@")
      let at = (isCut ? address.prefix { $0 != "?" } : server).lastIndex(of: "@")
      let user = at.map { address[..<$0].prefix { !":?".contains($0) } + "@" } ?? ""
      let rest = address[(at.map { address.index(after: $0) } ?? address.startIndex)...]
      let place = rest.prefix { $0 != "?" }
      let parameters = rest.dropFirst(place.count + 1).split(separator: "&").filter { !$0.contains("password") }
      return "postgresql://\(user)\(place)" + (parameters.isEmpty ? "" : "?\(parameters.joined(separator: "&"))")
    }
  }
}
