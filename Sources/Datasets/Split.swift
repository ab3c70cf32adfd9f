// Validation images taken from the training images, evenly from every class and the same for the same seed.
// The test set stays out of every decision; this is what decisions are made on instead.
import Randomness

/// Divisions of a training set.
package enum Split {
  /// Divides images into training and validation: exactly `validation` images, each class in proportion to its size
  /// (shares rounded by largest remainder, so that classes of equal size differ by one image at most), drawn by
  /// `seed`. Both results are sorted. 0 leaves all to training. Throws `DatasetError` where nothing would be left to
  /// train on, or where `validation` is negative.
  ///
  /// - Parameter sparesLast: whether rounding takes a class's last image to train on only where it has to: a network
  ///   would never learn to name the class.
  package static func stratified(
    labels: [Int32], validation: Int, seed: UInt64, sparesLast: Bool = true
  ) throws -> (train: [Int], validation: [Int]) {
    guard validation >= 0, validation == 0 || validation < labels.count else {
      throw DatasetError(
        .usage, "\(validation) validation images out of \(labels.count) training images",
        remedy: "choose data.validation from 0 to \(max(labels.count - 1, 0))")
    }
    let members = Dictionary(grouping: labels.indices) { labels[$0] }
    let classes = members.sorted { $0.key < $1.key }
    let shares = classes.map { ($0.value.count * validation).quotientAndRemainder(dividingBy: max(labels.count, 1)) }
    let missing = validation - shares.reduce(0) { $0 + $1.quotient }
    func key(_ index: Int) -> (isLast: Int, remainder: Int, index: Int) {
      let isLast = sparesLast && shares[index].quotient + 1 == classes[index].value.count
      return (isLast ? 1 : 0, -shares[index].remainder, index)
    }
    let byRemainder = shares.indices.sorted { key($0) < key($1) }
    let favoured = Set(byRemainder.prefix(missing))

    var isChosen = [Bool](repeating: false, count: labels.count)
    for (position, (label, images)) in classes.enumerated() {
      let share = shares[position].quotient + (favoured.contains(position) ? 1 : 0)
      var random = CounterRandom(seed: seed, RandomPurpose.split.rawValue, UInt64(bitPattern: Int64(label)))
      for choice in random.permutation(of: images.count).prefix(share) { isChosen[images[choice]] = true }
    }
    return (labels.indices.filter { !isChosen[$0] }, labels.indices.filter { isChosen[$0] })
  }
}

/// First words of this module's random streams, apart from those of other modules with the same seed.
enum RandomPurpose: UInt64 {
  case split = 0x6461_7461_0001
  case order = 0x6461_7461_0002
  case augmentation = 0x6461_7461_0003
  case alternatingFlip = 0x6461_7461_0004
  case erasing = 0x6461_7461_0005
  case mixing = 0x6461_7461_0006
}
