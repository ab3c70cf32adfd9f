// What is shown of a database's place: enough to find it again, and no password.
import Search
import Testing

@Suite struct StorageURLTests {
  @Test(arguments: [
    ("study.db", "study.db"), ("sqlite:////folder/study.db", "/folder/study.db"),
    ("postgresql://host/db", "postgresql://host/db"), ("postgres://me@host:5433/db", "postgresql://me@host:5433/db"),
    ("postgresql+psycopg2://me:secret@host/db", "postgresql://me@host/db"),
    ("postgresql://me:se@cret@host/db", "postgresql://me@host/db"),
    ("postgresql://me:se/cret@host:1/db", "postgresql://me@host:1/db"),
    ("postgresql://host:1/db?password=se@cret", "postgresql://host:1/db"),
    ("postgresql:///studies?host=/shared/pg", "postgresql:///studies?host=/shared/pg"),
    ("postgresql://host/db?user=me&password=se@cret&port=1", "postgresql://host/db?user=me&port=1"),
    ("postgresql://me:secret@host/db?sslpassword=secret", "postgresql://me@host/db"),
  ])
  func passwordsAreLeftOut(url: String, shown: String) throws {
    #expect(try StorageURL(url).description == shown)
  }
}
