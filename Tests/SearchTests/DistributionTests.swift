// Distributions: Optuna's texts to the letter, and stored numbers that mean what they meant.
import Search
import Testing

@Suite struct DistributionTests {
  /// As Optuna 5.0 writes them.
  static let texts: [(Distribution, String)] = [
    (
      .float(low: 1e-4, high: 0.1, step: nil, log: true),
      #"{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0001, "high": 0.1, "log": true}}"#
    ),
    (
      .float(low: 0, high: 0.5, step: 0.1, log: false),
      #"{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.5, "log": false}}"#
    ),
    (
      .integer(low: 8, high: 40, step: 4, log: false),
      #"{"name": "IntDistribution", "attributes": {"log": false, "step": 4, "low": 8, "high": 40}}"#
    ),
    (
      .categorical([.integer(3), .number(0.5), .flag(true), .text("cosine \"x\"")]),
      #"{"name": "CategoricalDistribution", "attributes": {"choices": [3, 0.5, true, "cosine \"x\""]}}"#
    ),
  ]

  @Test(arguments: texts) func textsAreOptunas(distribution: Distribution, text: String) throws {
    #expect(distribution.json == text)
    #expect(try Distribution(json: text) == distribution)
  }

  @Test func otherProgramsDistributionsAreReadOrRefused() throws {
    func read(_ kind: String, _ attributes: String) throws -> Distribution {
      try Distribution(json: #"{"name": "\#(kind)Distribution", "attributes": {\#(attributes)}}"#)
    }
    #expect(try read("Categorical", #""choices": [null, "l2"]"#) == .categorical([.text("None"), .text("l2")]))
    for (kind, attributes) in [
      ("Int", #""log": false, "step": 0, "low": 1, "high": 4"#),
      ("Int", #""log": false, "step": 1, "low": 4, "high": 1"#),
      ("Int", #""log": false, "step": 1, "low": -9223372036854775808, "high": 9223372036854775807"#),
      ("Float", #""step": 0.0, "low": 0.0, "high": 1.0, "log": false"#),
      ("Float", #""step": null, "low": 2.0, "high": 1.0, "log": false"#),
    ] {
      #expect(throws: StorageError.self, "\(attributes)") { try read(kind, attributes) }
    }
  }

  @Test func storedNumbersMeanValues() {
    let choices = Distribution.categorical([.integer(3), .text("word"), .flag(false)])
    #expect(choices.value(of: 1) == .text("word") && choices.stored(of: .text("word")) == 1)
    #expect(choices.value(of: 3) == nil && choices.stored(of: .text("other")) == nil)
    #expect(choices.stored(of: .number(3)) == 0, "Python's 3.0 is 3")
    let even = Distribution.integer(low: 2, high: 8, step: 2, log: false)
    #expect(even.value(of: 6) == .integer(6) && even.stored(of: .integer(6)) == 6)
    #expect(even.stored(of: .integer(5)) == nil && even.stored(of: .integer(10)) == nil)
    let tenths = Distribution.float(low: 0, high: 0.5, step: 0.1, log: false)
    #expect(tenths.count == 6 && tenths.stored(of: .number(0.30000000000000004)) == tenths.stored(of: .number(0.3)))
    #expect(Distribution.float(low: 0, high: 1, step: nil, log: false).count == nil)
  }
}
