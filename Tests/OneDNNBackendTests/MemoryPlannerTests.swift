// The arena's planner: tensors that live at the same time never overlap, and the whole is no larger
// than it has to be in cases whose optimum is known.
import OneDNNBackend
import Randomness
import Testing

@Suite struct MemoryPlannerTests {
  @Test(arguments: 0..<50 as Range<UInt64>) func tensorsAliveTogetherNeverOverlap(seed: UInt64) {
    var random = CounterRandom(seed: seed)
    let lifetimes = (0..<1 + random.integer(below: 80)).map { _ in
      let first = random.integer(below: 60)
      // A third of the tensors is small, one in eight empty.
      let bytes = random.integer(below: random.integer(below: 3) == 0 ? 200 : 100_000)
      return Lifetime(
        bytes: random.integer(below: 8) == 0 ? 0 : bytes, steps: first...(first + random.integer(below: 20)))
    }
    let (offsets, total) = MemoryPlanner.plan(lifetimes)
    #expect(offsets.count == lifetimes.count)
    for (index, lifetime) in lifetimes.enumerated() {
      #expect(offsets[index] >= 0 && offsets[index] % MemoryPlanner.alignment == 0)
      #expect(offsets[index] + lifetime.bytes <= total)
      for (earlier, other) in lifetimes[..<index].enumerated() where other.steps.overlaps(lifetime.steps) {
        let isApart =
          offsets[index] + lifetime.bytes <= offsets[earlier] || offsets[earlier] + other.bytes <= offsets[index]
        #expect(isApart || lifetime.bytes == 0 || other.bytes == 0)
      }
    }
    // No plan is smaller than what lives in the fullest step, none larger than everything side by side.
    let padded = lifetimes.map { ($0.bytes + 63) / 64 * 64 }
    let fullest = (0..<80).map { step in
      zip(lifetimes, padded).reduce(0) { $0 + ($1.0.steps.contains(step) ? $1.1 : 0) }
    }
    #expect(total >= fullest.max() ?? 0 && total <= padded.reduce(0, +))
  }

  @Test func chainsTakeTheMemoryOfNeighbours() {
    let chain = (0..<20).map { Lifetime(bytes: 1024, steps: $0...($0 + 1)) }
    #expect(MemoryPlanner.plan(chain).bytes == 2048)
    #expect(MemoryPlanner.plan([]).bytes == 0)
  }

  @Test func gapsAreFilled() {
    let (offsets, bytes) = MemoryPlanner.plan([
      Lifetime(bytes: 4096, steps: 0...1), Lifetime(bytes: 2048, steps: 0...9), Lifetime(bytes: 4000, steps: 2...3),
      Lifetime(bytes: 64, steps: 4...9),
    ])
    #expect(offsets == [0, 4096, 0, 0])
    #expect(bytes == 6144)
  }
}
