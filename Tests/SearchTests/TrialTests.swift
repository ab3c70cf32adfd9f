// A trial's states: which of them nobody works on.
// Storages, workers and reports all lean on this division.
import Search
import Testing

@Suite struct TrialTests {
  @Test func aPausedTrialHoldsUpNobody() {
    #expect(TrialState.allCases.filter(\.isFinished) == [.complete, .pruned, .failed])
  }

  @Test func whatIsKnownOfATrialAtWorkCounts() {
    func result(_ state: TrialState, _ value: Double?, _ known: [Int: Double] = [:]) -> Double? {
      Trial(id: 1, number: 0, state: state, value: value, intermediateValues: known).result
    }
    #expect(result(.complete, 0.5, [1: 0.7]) == 0.5)
    #expect(result(.running, nil, [1: 0.3, 2: 0.2]) == 0.2 && result(.waiting, nil, [1: 0.3]) == 0.3)
    #expect(result(.waiting, nil) == nil && result(.failed, nil, [1: 0.3]) == nil)
    #expect(result(.pruned, .infinity) == nil)
  }
}
