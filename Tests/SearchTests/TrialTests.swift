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

  @Test func whoWasTrainedLongerComesFirst() {
    func trial(_ number: Int, _ state: TrialState, _ value: Double?, _ known: [Int: Double] = [:]) -> Trial {
      Trial(id: number, number: number, state: state, value: value, intermediateValues: known)
    }
    let trials = [
      trial(0, .pruned, 0.6, [1: 0.5, 2: 0.6]), trial(1, .failed, 0.9, [4: 0.9]), trial(2, .complete, .nan),
      trial(3, .waiting, nil), trial(4, .pruned, 0.55, [4: 0.55]), trial(5, .complete, 0.5), trial(6, .complete, 0.5),
      trial(7, .complete, 0.51), trial(8, .waiting, nil, [2: 0.8, 14: 0.5]),
    ]
    #expect(Trial.ranked(trials).map(\.number) == [7, 5, 6, 8, 4, 0])
  }
}
