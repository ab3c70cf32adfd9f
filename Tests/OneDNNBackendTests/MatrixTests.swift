// Products of matrices against the reference's, transposed or not, whatever the threads,
// and refusals of what does not fit.
import Compute
import OneDNNBackend
import Randomness
import TestSupport
import Testing

@Suite struct MatrixTests {
  private func buffer(_ count: Int, seed: UInt64) -> AlignedBuffer<Float> {
    let buffer = AlignedBuffer<Float>(count: count)
    var random = CounterRandom(seed: seed)
    for index in 0..<count { buffer.elements[index] = 2 * random.uniform() - 1 }
    return buffer
  }

  @Test(arguments: [(1, 1, 1), (3, 5, 7), (64, 64, 576), (130, 33, 19), (16, 300, 4)], [1, 2])
  func productsAreTheReferences(shape: (rows: Int, columns: Int, depth: Int), threads: Int) throws {
    let (left, right) = (buffer(shape.rows * shape.depth, seed: 1), buffer(shape.depth * shape.columns, seed: 2))
    for (flipsLeft, flipsRight) in [(false, false), (false, true), (true, false), (true, true)] {
      func matrix(_ buffer: AlignedBuffer<Float>, _ rows: Int, _ columns: Int, _ flips: Bool) throws -> Matrix {
        flips
          ? try Matrix(buffer.elements, rows: columns, columns: rows).transposed
          : try Matrix(buffer.elements, rows: rows, columns: columns)
      }
      for (scale, factor) in [(1, 0), (-0.5, 1), (2, -3)] as [(Float, Float)] {
        let results = try [ReferenceBackend() as any Backend, OneDNNBackend(threads: threads)].map { backend in
          let result = buffer(shape.rows * shape.columns, seed: 3)
          try backend.multiply(
            matrix(left, shape.rows, shape.depth, flipsLeft), matrix(right, shape.depth, shape.columns, flipsRight),
            scale: scale, adding: factor, to: Matrix(result.elements, rows: shape.rows, columns: shape.columns))
          return Array(result.elements)
        }
        #expect(relativeError(results[1], results[0], floor: 1) < 1e-5, "\(flipsLeft) \(flipsRight) \(scale)")
      }
    }
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let buffer = buffer(12, seed: 1)
    #expect(throws: ComputeError.self) { try Matrix(buffer.elements, rows: 4, columns: 4) }
    #expect(throws: ComputeError.self) { try Matrix(buffer.elements, rows: 0, columns: 4) }
    let wide = try Matrix(buffer.elements, rows: 3, columns: 4)
    let square = try Matrix(self.buffer(9, seed: 2).elements, rows: 3, columns: 3)
    for backend in [ReferenceBackend() as any Backend, try OneDNNBackend(threads: 1)] {
      #expect(throws: ComputeError.self) { try backend.multiply(wide, wide, scale: 1, adding: 0, to: square) }
      #expect(throws: ComputeError.self) {
        try backend.multiply(wide, wide.transposed, scale: 1, adding: 0, to: square.transposed)
      }
    }
  }
}
