// A tensor as PyTorch describes it: some of a storage's values, by shape, strides and offset.
// What is described is checked against the storage before a byte is touched.
import Foundation

/// Positions of a tensor's elements in a storage.
struct StridedView {
  private static let mostDimensions = 64

  private let shape: [Int]
  private let strides: [Int]
  private let offset: Int
  private let count: Int
  /// The first position after all elements.
  let end: Int

  /// The elements of a tensor, or nil where the description is impossible or beyond 2⁶³.
  init?(shape: [Int], strides: [Int], offset: Int) {
    guard shape.count == strides.count, shape.count <= Self.mostDimensions, offset >= 0,
      (shape + strides).allSatisfy({ $0 >= 0 })
    else { return nil }
    var (count, last) = (1, offset)
    for (extent, stride) in zip(shape, strides) {
      let (product, tooMany) = count.multipliedReportingOverflow(by: extent)
      let (step, tooFar) = stride.multipliedReportingOverflow(by: max(0, extent - 1))
      let (sum, tooLate) = last.addingReportingOverflow(step)
      guard !tooMany, !tooFar, !tooLate else { return nil }
      (count, last) = (product, sum)
    }
    guard last < .max else { return nil }
    (self.shape, self.offset, self.count) = (shape, offset, count)
    // The stride of a single element is anything, and never taken.
    self.strides = zip(shape, strides).map { $0 > 1 ? $1 : 0 }
    end = count == 0 ? 0 : last + 1
  }

  /// Whether the elements lie one after the other in row-major order.
  private var isContiguous: Bool {
    var expected = 1
    for (extent, stride) in zip(shape, strides).reversed() where extent != 1 {
      guard stride == expected else { return false }
      expected *= extent
    }
    return true
  }

  /// The elements' bytes in row-major order, each of `size` bytes, from a storage of at least `end` elements: a part of
  /// `storage` itself where they lie so already.
  func elements(of storage: Data, size: Int) -> Data {
    guard count > 0 else { return Data() }
    if isContiguous {
      let start = storage.startIndex + offset * size
      return storage[start..<start + count * size]
    }
    var result = Data(count: count * size)
    result.withUnsafeMutableBytes { target in
      storage.withUnsafeBytes { source in
        guard let target = target.baseAddress, let source = source.baseAddress else { return }
        var index = [Int](repeating: 0, count: shape.count)
        var position = offset
        for element in 0..<count {
          (target + element * size).copyMemory(from: source + position * size, byteCount: size)
          var axis = shape.count - 1
          while axis >= 0 {
            index[axis] += 1
            position += strides[axis]
            if index[axis] < shape[axis] { break }
            position -= strides[axis] * shape[axis]
            index[axis] = 0
            axis -= 1
          }
        }
      }
    }
    return result
  }
}
