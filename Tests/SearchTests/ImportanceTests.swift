// Importance on functions whose variance is known term by term.
import Foundation
import Randomness
import Search
import Testing

/// `count` observations of variables drawn from their distributions, and of a function of their places in 0…1.
private func observations(
  _ count: Int, seed: UInt64 = 1, _ variables: [(String, Distribution)], _ function: ([String: Double]) -> Double?,
  exists: (String, [String: Double]) -> Bool = { _, _ in true }
) -> [Observation] {
  var random = CounterRandom(seed: seed, 77)
  return (0..<count).map { _ in
    var places: [String: Double] = [:]
    var values: [String: ParameterValue] = [:]
    for (name, distribution) in variables {
      let place = Double(random.next() >> 11) * 0x1p-53
      guard exists(name, places) else { continue }
      let stored: Double
      switch distribution {
      case .float(let low, let high, _, true): stored = low * pow(high / low, place)
      case .float(let low, let high, _, false): stored = low + place * (high - low)
      case .integer(let low, let high, _, _): stored = Double(low) + (place * Double(high - low + 1)).rounded(.down)
      case .categorical(let choices): stored = (place * Double(choices.count)).rounded(.down)
      }
      if case .float = distribution { places[name] = place } else { places[name] = stored }
      values[name] = ParameterValue(stored: stored, distribution: distribution)
    }
    return Observation(values: values, target: function(places) ?? 0)
  }
}

private let unit = Distribution.float(low: 0, high: 1, step: nil, log: false)
private let rate = Distribution.float(low: 1e-4, high: 1e-1, step: nil, log: true)
private let words = Distribution.categorical([.text("a"), .text("b"), .text("c")])

@Suite struct ImportanceTests {
  private let additive = observations(400, [("x", unit), ("rate", rate), ("word", words), ("nothing", unit)]) { at in
    2 * (at["x"] ?? 0) + (at["rate"] ?? 0) + (at["word"] == 2 ? 1 : 0)
  }

  private func shares(_ importances: [Importance]) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: importances.map { ($0.parameter, $0.value) })
  }

  @Test func theVarianceIsTakenApart() {
    // Variances 4/12, 1/12 and 2/9.
    let total = 4.0 / 12 + 1.0 / 12 + 2.0 / 9
    let found = Importance.fANOVA(additive)
    #expect(found.map(\.parameter) == ["x", "word", "rate", "nothing"])
    for (name, variance) in [("x", 4.0 / 12), ("word", 2.0 / 9), ("rate", 1.0 / 12), ("nothing", 0)] {
      #expect(abs(shares(found)[name, default: -1] - variance / total) < 0.06, "\(name): \(found)")
    }
  }

  @Test func shufflingFindsTheSameOrder() {
    let found = Importance.permutation(additive)
    #expect(found.map(\.parameter) == ["x", "word", "rate", "nothing"])
    let share = shares(found)
    #expect(share["x", default: -1] > 0.7 && share["nothing", default: 9] < 0.02, "\(found)")
  }

  @Test func whatWorksOnlyTogetherHasNoShareOfItsOwn() throws {
    let product = observations(600, [("x", unit), ("y", unit)]) { (($0["x"] ?? 0) - 0.5) * (($0["y"] ?? 0) - 0.5) }
    for importance in Importance.fANOVA(product) { #expect(importance.value < 0.2, "\(importance)") }
    for importance in Importance.permutation(product) { #expect(importance.value > 0.5, "\(importance)") }
  }

  @Test func aVariableThatDoesNotExistDoesNotMatter() {
    let layers = Distribution.integer(low: 1, high: 2, step: 1, log: false)
    func conditional(_ function: ([String: Double]) -> Double) -> [Observation] {
      observations(500, [("layers", layers), ("second", unit)], function) { name, places in
        name != "second" || places["layers"] == 2
      }
    }
    // The number of layers alone: whether the second exists says as much, and must not be given the credit.
    let number = shares(Importance.fANOVA(conditional { $0["layers"] ?? 0 }))
    #expect(number["layers", default: -1] > 0.95 && number["second", default: 9] < 0.02, "\(number)")
    // The second layer's value alone: half of the variance by itself, half by whether it exists.
    let value = shares(Importance.fANOVA(conditional { $0["second"] ?? 0.5 }))
    #expect(abs(value["second", default: -1] - 0.5) < 0.1 && value["layers", default: 9] < 0.1, "\(value)")
    let shuffled = shares(Importance.permutation(conditional { $0["layers"] ?? 0 }))
    #expect(shuffled["layers", default: -1] > 0.5 && shuffled["second", default: 9] < 0.02, "\(shuffled)")
  }

  @Test func theSameObservationsGiveTheSameNumbers() {
    #expect(Importance.fANOVA(additive) == Importance.fANOVA(additive))
    #expect(Importance.permutation(additive, seed: 3) == Importance.permutation(additive, seed: 3))
    #expect(Importance.fANOVA(additive) != Importance.fANOVA(additive, seed: 1))
  }

  @Test func tooLittleSaysNothing() {
    #expect(Importance.fANOVA([]).isEmpty && Importance.permutation(Array(additive.prefix(7))).isEmpty)
    let constant = observations(50, [("x", unit)]) { _ in 0.5 }
    #expect(Importance.fANOVA(constant).map(\.value) == [0] && Importance.permutation(constant).map(\.value) == [0])
  }
}
