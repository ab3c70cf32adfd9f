// A trial's states: which of them nobody works on.
// Storages, workers and reports all lean on this division.
import Search
import Testing

@Suite struct TrialTests {
  @Test func aPausedTrialHoldsUpNobody() {
    #expect(TrialState.allCases.filter(\.isFinished) == [.complete, .pruned, .failed])
  }
}
