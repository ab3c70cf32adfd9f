// Properties of the division into training and validation.
import Datasets
import Testing

@Suite struct SplitTests {
  let labels: [Int32] = (0..<5000).map { index in Int32((index * 7 + index / 13) % 10) }

  @Test(arguments: [1, 9, 10, 500, 1003, 4999])
  func isExactDisjointAndEven(validation: Int) throws {
    let split = try Split.stratified(labels: labels, validation: validation, seed: 1)
    #expect(split.validation.count == validation)
    #expect((split.train + split.validation).sorted() == Array(0..<5000))
    #expect(split.train == split.train.sorted() && split.validation == split.validation.sorted())
    for label in 0..<10 {
      let size = labels.filter { $0 == label }.count
      let share = split.validation.filter { labels[$0] == label }.count
      #expect(abs(Double(share) - Double(size * validation) / 5000) < 1)
    }
  }

  @Test func classesOfUnequalSizeKeepTheirShares() throws {
    let labels = [Int32](repeating: 0, count: 900) + [Int32](repeating: 4, count: 100)
    let split = try Split.stratified(labels: labels, validation: 50, seed: 1)
    #expect(split.validation.filter { labels[$0] == 4 }.count == 5)
  }

  /// One of ten classes has a single image, whose share has the largest remainder.
  @Test func aClassKeepsAnImageToTrainOn() throws {
    let labels: [Int32] = (0..<90).map { Int32($0 / 10) } + [9]
    for validation in [10, 81, 90] {
      let split = try Split.stratified(labels: labels, validation: validation, seed: 1)
      #expect(split.validation.count == validation && split.train.contains(90) == (validation < 90))
    }
    // What is chosen may also be what is trained on.
    let chosen = try Split.stratified(labels: labels, validation: 10, seed: 1, sparesLast: false).validation
    #expect(chosen.contains(90))
  }

  @Test func theSeedDecides() throws {
    let first = try Split.stratified(labels: labels, validation: 500, seed: 1)
    let again = try Split.stratified(labels: labels, validation: 500, seed: 1)
    let other = try Split.stratified(labels: labels, validation: 500, seed: 2)
    #expect(first == again)
    let common = Set(first.validation).intersection(other.validation).count
    #expect(common < 100, "a tenth of 500 is expected")
  }

  @Test func noneMeansAllToTraining() throws {
    let split = try Split.stratified(labels: labels, validation: 0, seed: 1)
    #expect(split.train == Array(0..<5000) && split.validation.isEmpty)
    #expect(try Split.stratified(labels: [], validation: 0, seed: 1) == ([], []))
  }

  @Test(arguments: [-1, 5000, 6000, Int.max])
  func impossibleNumbersAreErrors(validation: Int) {
    #expect(
      failure { _ = try Split.stratified(labels: labels, validation: validation, seed: 1) }?.kind == .usage)
  }
}
