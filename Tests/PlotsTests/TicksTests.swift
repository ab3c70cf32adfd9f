// Ticks: round numbers that cover the data, few enough, each with a label of its own.
import Foundation
import Plots
import Randomness
import Testing

@Suite struct TicksTests {
  private func check(_ ticks: Ticks, _ data: [Double], count: Int) {
    let (low, high) = (data.min() ?? 0, data.max() ?? 0)
    #expect(ticks.values.count >= 2 && ticks.values.count == ticks.labels.count)
    #expect(zip(ticks.values, ticks.values.dropFirst()).allSatisfy { $0 < $1 }, "\(ticks.values)")
    let slack = max(abs(low), abs(high)) * 1e-8
    #expect(ticks.values.first.map { $0 <= low + slack } == true, "\(ticks.values) do not reach down to \(low)")
    #expect(ticks.values.last.map { $0 >= high - slack } == true, "\(ticks.values) do not reach up to \(high)")
    #expect(ticks.values.count <= max(3, count), "\(ticks.values.count) ticks where \(count) were asked for")
    #expect(Set(ticks.labels).count == ticks.labels.count, "\(ticks.labels)")
  }

  @Test func linearTicksCoverTheData() {
    var random = CounterRandom(seed: 1)
    for _ in 0..<1000 {
      let magnitude = pow(10, Double.random(in: -12...12, using: &random))
      let low = Double.random(in: -0.5...0.5, using: &random) * magnitude
      let data = [low, low + Double.random(in: 0...1, using: &random) * magnitude]
      for count in [2, 5, 8] { check(Ticks(Axis("", .number), covering: data, count: count), data, count: count) }
    }
  }

  @Test func logarithmicTicksCoverTheData() {
    var random = CounterRandom(seed: 2)
    for _ in 0..<1000 {
      let low = pow(10, Double.random(in: -20...20, using: &random))
      let data = [low, low * pow(10, Double.random(in: 0...12, using: &random))]
      for count in [2, 5, 8] {
        check(Ticks(Axis("", scale: .log), covering: data, count: count), data, count: count)
      }
    }
  }

  @Test(arguments: [
    (Axis("", .percent), [0.1, 0.93], ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
    (Axis("", .integer), [1, 4], ["1", "2", "3", "4"]),
    (Axis("", .integer), [7], ["6", "7", "8"]),
    (Axis("", .integer, covers: [0]), [200], ["0", "50", "100", "150", "200"]),
    (Axis("", .compact), [120_000, 4_959_770], ["0", "1M", "2M", "3M", "4M", "5M"]),
    (Axis("", scale: .log), [1e-4, 0.1], ["0.0001", "0.001", "0.01", "0.1"]),
    (Axis("", .compact, scale: .log), [3e5, 5e6], ["200k", "500k", "1M", "2M", "5M"]),
    (Axis("", .integer, scale: .log), [1, 30], ["1", "2", "5", "10", "20", "50"]),
    (Axis("", .percent), [0.9484], ["90 %", "92 %", "94 %", "96 %", "98 %", "100 %"]),
    (
      Axis("", .percent), [15_200, 15_240],
      ["1.52e+06 %", "1.521e+06 %", "1.522e+06 %", "1.523e+06 %", "1.524e+06 %"]
    ),
    (Axis(""), [0, 1e30], ["0", "2e+29", "4e+29", "6e+29", "8e+29", "1e+30"]),
    (Axis(""), [], ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    (Axis(""), [-0.2, 0.2], ["-0.2", "-0.1", "0", "0.1", "0.2"]),
  ]) func labelsAreThoseOfAPerson(axis: Axis, data: [Double], labels: [String]) {
    #expect(Ticks(axis, covering: data, count: 6).labels == labels)
  }

  @Test func whatHasNoPlaceIsLeftOut() {
    let data = [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 5, 1, -2, 0]
    #expect(Ticks(Axis("", scale: .log), covering: data, count: 6).labels == ["1", "2", "5"])
    #expect(Ticks(Axis("", .integer), covering: data, count: 8).labels == ["-2", "-1", "0", "1", "2", "3", "4", "5"])
  }
}
