// One rung of a study in memory: who reached it with what, best first, and who is paused there.
// Both lists are sorted, so a place is found in a time that grows with the logarithm of the study.

/// The trials that reached a rung.
struct MemoryRung: Sendable {
  /// A trial at the rung. The better of two comes first: the higher value, then the lower number.
  struct Entry: Comparable, Sendable {
    let order: RungOrder
    let number: Int

    static func < (left: Entry, right: Entry) -> Bool {
      left.order == right.order ? left.number < right.number : left.order > right.order
    }
  }

  private(set) var entries: [Entry] = []
  private var paused: [Entry] = []

  /// Adds a trial and returns its place.
  mutating func insert(_ entry: Entry) -> RungStanding {
    let place = Self.place(of: entry, in: entries)
    entries.insert(entry, at: place)
    let higher = Self.place(of: Entry(order: entry.order, number: .min), in: entries)
    return RungStanding(count: entries.count, better: place, equal: place - higher)
  }

  /// Takes a trial out.
  mutating func remove(_ entry: Entry) {
    Self.remove(entry, from: &entries)
  }

  /// Says that a trial is paused here, or no longer.
  mutating func setPaused(_ isPaused: Bool, _ entry: Entry) {
    Self.remove(entry, from: &paused)
    if isPaused { paused.insert(entry, at: Self.place(of: entry, in: paused)) }
  }

  /// The number of the best paused trial, if it is among the best ⌊count / reductionFactor⌋.
  func promotable(reductionFactor: Int) -> Int? {
    guard let best = paused.first, Self.place(of: best, in: entries) < entries.count / reductionFactor else {
      return nil
    }
    return best.number
  }

  private static func remove(_ entry: Entry, from list: inout [Entry]) {
    let place = place(of: entry, in: list)
    if place < list.count, list[place] == entry { list.remove(at: place) }
  }

  private static func place(of entry: Entry, in list: [Entry]) -> Int {
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle] < entry { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
