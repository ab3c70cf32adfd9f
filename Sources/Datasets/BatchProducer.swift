// The thread behind a loader: fills free buffers in order, hands them over, takes them back.
// Everything shared is behind one lock; a buffer is touched only by the side that has it.
import Foundation

/// One run of the thread, from a position on until `stop()`.
///
/// Unchecked: `condition` guards the mutable state, and the composer belongs to the thread until it has ended.
final class BatchProducer: @unchecked Sendable {
  private let composer: BatchComposer
  private let condition = NSCondition()
  private var free: [Batch]
  private var ready: [Batch] = []
  private var lent: Batch?
  private var isStopping = false
  private var hasEnded = false

  init(composer: BatchComposer, free: [Batch], lent: Batch?, position: Int) {
    self.composer = composer
    self.free = free
    self.lent = lent
    ready.reserveCapacity(free.count + 1)
    let thread = Thread { [self] in run(from: position) }
    thread.name = "tpsnet-batches"
    thread.start()
  }

  private func run(from start: Int) {
    var position = start
    while let batch = takeFree() {
      composer.fill(batch, position: position)
      position += 1
      condition.lock()
      ready.append(batch)
      condition.broadcast()
      condition.unlock()
    }
    condition.lock()
    hasEnded = true
    condition.broadcast()
    condition.unlock()
  }

  /// A buffer to fill, once there is one; nil when the thread is to end.
  private func takeFree() -> Batch? {
    condition.lock()
    defer { condition.unlock() }
    while free.isEmpty && !isStopping { condition.wait() }
    return isStopping ? nil : free.removeLast()
  }

  /// The next batch in order; the one returned before is free from here on.
  func next() -> Batch {
    condition.lock()
    defer { condition.unlock() }
    if let lent {
      free.append(lent)
      condition.broadcast()
    }
    while ready.isEmpty { condition.wait() }
    let batch = ready.removeFirst()
    lent = batch
    return batch
  }

  /// Ends the thread and waits for it.
  func stop() {
    condition.lock()
    defer { condition.unlock() }
    isStopping = true
    condition.broadcast()
    while !hasEnded { condition.wait() }
  }
}
