// An HTTP server of one file on 127.0.0.1, with ranges, refusals and broken connections on demand.
// Plain sockets, so that the tests need nothing but themselves.
import Foundation

/// Serves `content` at any path until it is let go.
final class TinyServer: @unchecked Sendable {
  struct Behaviour {
    var knowsRanges = true
    /// Bytes of a body after which the connection is closed.
    var breaksAfter = Int.max
    var status: Int?
    var tellsLength = true
    /// More lines of the head.
    var headers: [String] = []
  }

  let port: UInt16
  private let content: [UInt8]
  private let listener: Int32
  private let lock = NSLock()
  private var behaviour: Behaviour
  private var requests: [String] = []

  init(_ content: [UInt8], _ behaviour: Behaviour = Behaviour()) throws {
    self.content = content
    self.behaviour = behaviour
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
      }
    }
    guard isListening else { throw POSIXError(.EADDRNOTAVAIL) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [weak self] in
      while case let connection = accept(listener, nil, nil), connection >= 0 {
        self?.answer(connection)
        close(connection)
      }
    }
  }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  var address: String { "http://127.0.0.1:\(port)/cifar-10-binary.tar.gz" }

  /// The `Range` headers of the requests so far, "" for a request without.
  var ranges: [String] { lock.withLock { requests } }

  func behave(_ behaviour: Behaviour) { lock.withLock { self.behaviour = behaviour } }

  private func answer(_ connection: Int32) {
    var request: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      request += buffer[..<count]
    }
    let lines = String(decoding: request, as: UTF8.self).components(separatedBy: "\r\n")
    let range = lines.first { $0.lowercased().hasPrefix("range:") }.map { String($0.dropFirst(7)) } ?? ""
    let behaviour = lock.withLock {
      requests.append(range)
      return self.behaviour
    }
    let headers = behaviour.headers.map { $0 + "\r\n" }.joined()
    if let status = behaviour.status {
      send(ascii("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\(headers)Connection: close\r\n\r\n"), to: connection)
      return
    }
    var start = 0
    var head = "HTTP/1.1 200 OK\r\n"
    if behaviour.knowsRanges, let from = Int(range.filter(\.isNumber)) {
      start = min(from, content.count)
      head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes \(start)-\(content.count - 1)/\(content.count)\r\n"
    }
    if behaviour.tellsLength { head += "Content-Length: \(content.count - start)\r\n" }
    head += headers + "Connection: close\r\n\r\n"
    send(ascii(head) + content[start...].prefix(behaviour.breaksAfter), to: connection)
  }

  private func send(_ bytes: [UInt8], to connection: Int32) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        buffer.baseAddress.map { Glibc.send(connection, $0 + sent, bytes.count - sent, Int32(MSG_NOSIGNAL)) } ?? 0
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}
