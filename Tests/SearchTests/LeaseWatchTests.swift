// When a holder is taken for dead: its lease stood still under our eyes for the whole length,
// and our own sleep proves nothing.
import Search
import Testing

@Suite struct LeaseWatchTests {
  private let lease = Lease(trial: 3, token: "a", beat: 7)

  private func watch(_ looks: [([Lease], Duration)]) -> [Lease] {
    var watch = LeaseWatch(length: .seconds(6))
    for (leases, elapsed) in looks { watch.look(at: leases, after: elapsed) }
    return watch.expired
  }

  @Test func aLeaseThatStandsStillExpires() {
    #expect(watch([([lease], .seconds(60))]).isEmpty, "it was never seen before")
    #expect(watch([([lease], .zero), ([lease], .seconds(3)), ([lease], .seconds(2))]).isEmpty)
    #expect(watch([([lease], .zero), ([lease], .seconds(3)), ([lease], .seconds(3))]) == [lease])
  }

  @Test func aBeatBeginsAnew() {
    let later = Lease(trial: 3, token: "a", beat: 8)
    #expect(watch([([lease], .zero), ([later], .seconds(6)), ([later], .seconds(5))]).isEmpty)
    #expect(watch([([lease], .zero), ([later], .seconds(6)), ([later], .seconds(6))]) == [later])
    let other = Lease(trial: 3, token: "b", beat: 7)
    #expect(watch([([lease], .zero), ([other], .seconds(6))]).isEmpty)
  }

  @Test func whatEndedIsForgotten() {
    #expect(watch([([lease], .zero), ([lease], .seconds(6)), ([], .seconds(1))]).isEmpty)
    #expect(watch([([lease], .zero), ([], .seconds(3)), ([lease], .seconds(3))]).isEmpty)
  }

  @Test func programsWithoutLeasesAreLeftAlone() {
    let foreign = Lease(trial: 4, token: nil, beat: 0)
    #expect(watch([([foreign], .zero), ([foreign], .seconds(600))]).isEmpty)
  }
}
