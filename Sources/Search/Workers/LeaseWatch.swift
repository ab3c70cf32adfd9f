// Tells which leases have stood still for so long that their holders must be dead.
// Only time in which this process really looked counts: whoever slept himself blames nobody.

/// What one process has seen of the leases of a study.
package struct LeaseWatch: Sendable {
  private let length: Duration
  private var still: [Lease: Duration] = [:]

  /// A watch for leases that are over when they have stood still for `length`.
  package init(length: Duration) {
    self.length = length
  }

  /// Takes note of the leases as they are now; `elapsed` is the time since the last look, as far as it counts.
  package mutating func look(at leases: [Lease], after elapsed: Duration) {
    still = Dictionary(leases.map { ($0, (still[$0].map { $0 + elapsed }) ?? .zero) }) { $1 }
  }

  /// The leases that are over. Trials of programs without leases are theirs for ever: nothing tells whether they live.
  package var expired: [Lease] {
    still.filter { $0.key.token != nil && $0.value >= length }.keys.sorted { $0.trial < $1.trial }
  }
}
