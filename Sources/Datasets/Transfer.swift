// One HTTP request whose body goes straight to a file, from where an earlier one stopped.
// URLSession calls back on its own queue; the caller waits.
import Foundation
import FoundationNetworking

/// A download of a gzip file of known size.
///
/// Unchecked: the state is touched on the session's serial queue only, and by the caller after `done` was signalled.
final class Transfer: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  /// Seconds without a byte after which a server is given up.
  private static let patience = 60.0
  /// What the file begins with.
  private static let gzipStart: [UInt8] = [0x1F, 0x8B]

  private let url: URL
  private let path: String
  private let size: Int
  private let progress: @Sendable (DownloadProgress) -> Void
  private let done = DispatchSemaphore(value: 0)
  private var received: Int
  private var file: NewFile?
  private var failure: DatasetError?

  /// A download of the `size` bytes at `url` to `path`, which has the first `offset` of them already.
  init(
    url: URL, path: String, offset: Int, size: Int, progress: @escaping @Sendable (DownloadProgress) -> Void
  ) {
    self.url = url
    self.path = path
    self.size = size
    self.progress = progress
    received = offset
  }

  /// Downloads, waiting for the end. What was received is on the disk even where this throws `DatasetError`.
  func run() throws {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = Self.patience
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    defer { session.finishTasksAndInvalidate() }
    var request = URLRequest(url: url)
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if received > 0 { request.setValue("bytes=\(received)-", forHTTPHeaderField: "Range") }
    session.dataTask(with: request).resume()
    done.wait()
    do { try file?.close() } catch { failure = failure ?? error as? DatasetError }
    if let failure { throw failure }
    guard received == size else { throw broken("the connection ended after \(received) of \(size) bytes") }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    let answer = response as? HTTPURLResponse
    let range = answer?.value(forHTTPHeaderField: "Content-Range") ?? ""
    let isOurs = ["/\(size)", "/*"].contains { range.hasSuffix($0) }
    let coding = answer?.value(forHTTPHeaderField: "Content-Encoding") ?? "identity"
    switch answer?.statusCode {
    case 200 where coding != "identity", 206 where coding != "identity":
      // The session would unpack it, whatever was asked for.
      failure = broken("the server sends the archive as text in another coding (\(coding))")
    case 206 where received > 0 && range.hasPrefix("bytes \(received)-") && isOurs: open(appending: true)
    case 200 where response.expectedContentLength == Int64(size): startOver()
    // The first bytes will tell what it is.
    case 200 where response.expectedContentLength == -1: break
    case 200:
      // A page about something else, say: what was received before is kept.
      failure = broken("the server sends \(response.expectedContentLength) bytes instead of \(size)")
    default:
      failure = broken("the server answered \(answer.map { String($0.statusCode) } ?? "in another protocol")")
    }
    completionHandler(failure == nil ? .allow : .cancel)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    // On Linux a session does not heed `.cancel` of the response.
    guard failure == nil else { return dataTask.cancel() }
    do {
      if file == nil {
        guard Self.gzipStart.starts(with: data.prefix(2)) else {
          throw broken("the server sends something else than an archive")
        }
        startOver()
      }
      guard received + data.count <= size else {
        throw broken("the server sends more than the \(size) bytes expected")
      }
      try data.withUnsafeBytes { try file?.append($0) }
      received += data.count
      progress(DownloadProgress(receivedBytes: received, totalBytes: size))
    } catch {
      failure = error as? DatasetError
      dataTask.cancel()
    }
  }

  /// There is nobody to ask for a password, and a session without an answer waits for ever.
  func urlSession(
    _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
    completionHandler: @escaping (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
  ) {
    completionHandler(.cancelAuthenticationChallenge, nil)
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    if let error, failure == nil {
      let isLate = (error as? URLError)?.code == .timedOut
      failure = broken(isLate ? "nothing came for \(Int(Self.patience)) seconds" : error.localizedDescription)
    }
    done.signal()
  }

  /// Takes the whole file from a server that knows no ranges.
  private func startOver() {
    received = 0
    open(appending: false)
  }

  private func open(appending: Bool) {
    do { file = try NewFile(path, appending: appending) } catch { failure = error as? DatasetError }
  }

  private func broken(_ problem: String) -> DatasetError {
    DatasetError(
      .network, at: url.absoluteString, problem,
      remedy: "check the network and run it again to continue, or set TPSNET_DATA_URL to another server")
  }
}
