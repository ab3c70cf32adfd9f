// The reference's numbers: a dense array of Double with its extents,
// in PyTorch's order of elements (the last extent moves fastest).

/// A tensor in double precision; feature maps are images × channels × rows × columns (NCHW).
package struct ReferenceTensor: Hashable, Sendable {
  /// The extents.
  package let shape: [Int]
  /// The elements, as many as the product of the extents.
  package internal(set) var data: [Double]

  /// A tensor of `shape` with every element `value`.
  package init(shape: [Int], repeating value: Double = 0) {
    self.shape = shape
    data = [Double](repeating: value, count: shape.reduce(1, *))
  }

  /// A tensor of `shape` with the elements `data`; a precondition demands as many as the shape holds.
  package init(shape: [Int], data: [Double]) {
    precondition(data.count == shape.reduce(1, *), "\(data.count) elements for a tensor of shape \(shape)")
    self.shape = shape
    self.data = data
  }

  /// Number of elements.
  package var count: Int { data.count }

  /// The element at `position` of the flat order.
  package subscript(position: Int) -> Double {
    get { data[position] }
    set { data[position] = newValue }
  }

  /// The tensor with `transform` applied to each element.
  package func map(_ transform: (Double) -> Double) -> ReferenceTensor {
    ReferenceTensor(shape: shape, data: data.map(transform))
  }

  /// The tensor of `combine` applied to each pair of elements; a precondition demands equal shapes.
  package func zip(_ other: ReferenceTensor, _ combine: (Double, Double) -> Double) -> ReferenceTensor {
    precondition(shape == other.shape, "shapes \(shape) and \(other.shape) differ")
    var result = ReferenceTensor(shape: shape)
    result.write(reading: self, other) { result, first, second in
      for index in result.indices { result[index] = combine(first[index], second[index]) }
    }
    return result
  }

  /// Lets `body` write the elements while it reads those of two other tensors, without checks of bounds.
  mutating func write(
    reading first: ReferenceTensor, _ second: ReferenceTensor,
    _ body: (UnsafeMutableBufferPointer<Double>, UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>) -> Void
  ) {
    data.withUnsafeMutableBufferPointer { elements in
      first.data.withUnsafeBufferPointer { first in
        second.data.withUnsafeBufferPointer { second in body(elements, first, second) }
      }
    }
  }
}
