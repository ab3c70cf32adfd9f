// Mixes the images of a batch in place, from the last to the first, each with those before it:
// they are still what they were, and only the last three need a copy for the first ones.

/// Mixes images, and says of each how much of which class it shows.
package final class BatchMixer {
  private let (height, width): (Int, Int)
  private let imageSize: Int
  private let classes: Int
  /// The images that the first ones are mixed with, the last of the batch first, and behind them room for one more.
  private let copies: UnsafeMutablePointer<Float>
  private var copiedLabels: [Int32] = [0, 0, 0]
  private var scratch: UnsafeMutablePointer<Float> { copies + 3 * imageSize }

  package init(channels: Int, height: Int, width: Int, classes: Int) {
    (self.height, self.width, self.classes) = (height, width, classes)
    imageSize = channels * height * width
    copies = .allocate(capacity: 4 * imageSize)
    copies.initialize(repeating: 0, count: 4 * imageSize)
  }

  deinit { copies.deallocate() }

  /// Mixes the valid images of `batch`, each as `mixture` says of its place; fills its shares, and makes each label that
  /// of the largest share.
  package func mix(_ batch: Batch, _ mixture: (Int) -> Mixture?) {
    guard let images = batch.images.baseAddress, let shares = batch.shares?.baseAddress else { return }
    for offset in 0..<min(3, batch.count) {
      let place = batch.count - 1 - offset
      (copies + offset * imageSize).update(from: images + place * imageSize, count: imageSize)
      copiedLabels[offset] = batch.labels[place]
    }
    for place in (0..<batch.count).reversed() {
      /// The image `distance` places before this one, as it was.
      func source(_ distance: Int) -> (image: UnsafePointer<Float>, label: Int) {
        let position = (place - distance % batch.count + batch.count) % batch.count
        if position < place { return (UnsafePointer(images + position * imageSize), Int(batch.labels[position])) }
        let offset = batch.count - 1 - position
        return (UnsafePointer(copies + offset * imageSize), Int(copiedLabels[offset]))
      }
      let image = images + place * imageSize
      let label = Int(batch.labels[place])
      let row = shares + place * classes
      row.update(repeating: 0, count: classes)
      switch mixture(place) {
      case nil:
        row[label] = 1
      case .sum(let share):
        let other = source(1)
        for index in 0..<imageSize { image[index] = share * image[index] + (1 - share) * other.image[index] }
        row[label] += share
        row[other.label] += 1 - share
      case .patch(let rectangle):
        let other = source(1)
        copy(rectangle, of: other.image, into: image)
        let share = Float(rectangle.area) / Float(height * width)
        row[label] += 1 - share
        row[other.label] += share
      case .parts(let parts):
        scratch.update(from: image, count: imageSize)
        for (distance, part) in parts.enumerated() {
          let other = distance == 0 ? (image: UnsafePointer(scratch), label: label) : source(distance)
          copy(part.place, of: other.image, shiftX: part.shiftX, shiftY: part.shiftY, into: image)
          row[other.label] += Float(part.place.area) / Float(height * width)
        }
      }
      var largest = label
      for index in 0..<classes where row[index] > row[largest] { largest = index }
      batch.labels[place] = Int32(largest)
    }
  }

  /// Copies what lies right of and below a rectangle's place by the shifts.
  private func copy(
    _ rectangle: Rectangle, of source: UnsafePointer<Float>, shiftX: Int = 0, shiftY: Int = 0,
    into target: UnsafeMutablePointer<Float>
  ) {
    for plane in stride(from: 0, to: imageSize, by: height * width) {
      for row in rectangle.rows {
        let from = source + plane + (row + shiftY) * width + rectangle.columns.lowerBound + shiftX
        (target + plane + row * width + rectangle.columns.lowerBound).update(from: from, count: rectangle.columns.count)
      }
    }
  }
}
