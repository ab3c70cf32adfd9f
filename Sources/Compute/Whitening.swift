// The start of a whitening convolution: filters that turn patches of the training images into uncorrelated numbers of
// one variance (Page 2019, "How to train your ResNet"), each beside its negative (Jordan 2024, airbench).
package import Models

/// Filters from the covariance of images' patches.
package enum Whitening {
  /// Added to each variance, so that directions without any are not blown up.
  package static let epsilon = 5e-4
  /// As many images of `shape` as the covariance needs.
  package static func images(of shape: Shape) -> Int { shape.images(likeSmall: 2000) }

  /// Fills the filters of every whitening convolution of `graph`.
  ///
  /// - Parameter images: any number × channels × rows × columns, as the network will be given them; asked for only
  ///   where there is such a convolution.
  package static func initialize(
    _ parameters: ParameterStore, of graph: Graph, images: @autoclosure () throws -> [Float]
  ) throws {
    for node in graph.nodes {
      guard case .convolution(let convolution) = node.operation, convolution.filters == .whitening else { continue }
      let filters = try filters(
        of: images(), shape: graph.nodes[node.inputs[0]].shape, kernel: convolution.kernel,
        channels: convolution.channels)
      _ = parameters.values(of: "\(node.name).weight").update(fromContentsOf: filters)
    }
  }

  /// `channels` × input channels × `kernel` × `kernel` weights: for the directions of largest variance eigenvector /
  /// √(variance + ε), then the negatives of all these. Throws `ComputeError.invalidBatch` where there are no images.
  static func filters(of images: [Float], shape: Shape, kernel: Int, channels: Int) throws -> [Float] {
    guard !images.isEmpty, images.count % shape.count == 0 else {
      throw ComputeError.invalidBatch("\(images.count) values are no images to whiten patches of")
    }
    let size = shape.channels * kernel * kernel
    let (values, vectors) = eigenvectors(covariance(of: images, shape: shape, kernel: kernel), size: size)
    let order = values.indices.sorted { values[$0] > values[$1] }.prefix(channels / 2)
    let positive = order.flatMap { index in
      // An eigenvector's sign is anybody's choice: the largest element is positive.
      let vector = (0..<size).map { vectors[$0 * size + index] }
      let largest = vector.reduce(0) { abs($1) > abs($0) ? $1 : $0 }
      let factor = (largest < 0 ? -1 : 1) / (max(values[index], 0) + epsilon).squareRoot()
      return vector.map { Float($0 * factor) }
    }
    return positive + positive.map { -$0 }
  }

  /// The mean of patch · patchᵀ over all whole patches, elements in the order channel, row, column.
  private static func covariance(of images: [Float], shape: Shape, kernel: Int) -> [Double] {
    let size = shape.channels * kernel * kernel
    let (rows, columns) = (shape.height - kernel + 1, shape.width - kernel + 1)
    var sums = [Double](repeating: 0, count: size * size)
    images.withUnsafeBufferPointer { images in
      for start in stride(from: 0, to: images.count, by: shape.count) {
        for row in 0..<rows {
          let lines = (0..<size).map { element in
            let (channel, tap) = element.quotientAndRemainder(dividingBy: kernel * kernel)
            return start + (channel * shape.height + row + tap / kernel) * shape.width + tap % kernel
          }
          for first in 0..<size {
            for second in first..<size {
              var sum: Float = 0
              for column in 0..<columns { sum += images[lines[first] + column] * images[lines[second] + column] }
              sums[first * size + second] += Double(sum)
            }
          }
        }
      }
    }
    let count = Double(images.count / shape.count * rows * columns)
    for first in 0..<size {
      for second in first..<size {
        sums[first * size + second] /= count
        sums[second * size + first] = sums[first * size + second]
      }
    }
    return sums
  }

  /// Eigenvalues, and eigenvectors as columns, of a symmetric matrix: cyclic Jacobi rotations, which for the few rows
  /// here take no time and agree to the last bits everywhere.
  static func eigenvectors(_ matrix: [Double], size: Int) -> (values: [Double], vectors: [Double]) {
    var a = matrix
    var vectors = [Double](repeating: 0, count: size * size)
    for index in 0..<size { vectors[index * size + index] = 1 }
    let limit = 1e-28 * a.reduce(0) { $0 + $1 * $1 }
    // Convergence is quadratic: ten sweeps are more than any matrix needs, thirty more than rounding can prevent.
    for _ in 0..<30 {
      var rest = 0.0
      for p in 0..<size { for q in 0..<p { rest += a[p * size + q] * a[p * size + q] } }
      if rest <= limit { break }
      for p in 0..<size {
        for q in p + 1..<size where a[p * size + q] != 0 {
          rotate(&a, &vectors, p, q, size: size)
        }
      }
    }
    return ((0..<size).map { a[$0 * size + $0] }, vectors)
  }

  /// The rotation in the plane of axes p and q after which a[p][q] is zero (Golub and Van Loan, 8.5).
  private static func rotate(_ a: inout [Double], _ vectors: inout [Double], _ p: Int, _ q: Int, size: Int) {
    let tau = (a[q * size + q] - a[p * size + p]) / (2 * a[p * size + q])
    let t = (tau >= 0 ? 1 : -1) / (abs(tau) + (1 + tau * tau).squareRoot())
    let c = 1 / (1 + t * t).squareRoot()
    let s = t * c
    for k in 0..<size {
      let (x, y) = (a[k * size + p], a[k * size + q])
      (a[k * size + p], a[k * size + q]) = (c * x - s * y, s * x + c * y)
    }
    for k in 0..<size {
      let (x, y) = (a[p * size + k], a[q * size + k])
      (a[p * size + k], a[q * size + k]) = (c * x - s * y, s * x + c * y)
    }
    for k in 0..<size {
      let (x, y) = (vectors[k * size + p], vectors[k * size + q])
      (vectors[k * size + p], vectors[k * size + q]) = (c * x - s * y, s * x + c * y)
    }
  }
}
