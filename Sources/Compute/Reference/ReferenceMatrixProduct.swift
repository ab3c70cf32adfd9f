// The product of two matrices as its definition, summed in double precision.

extension ReferenceBackend {
  /// See `Backend`.
  package func multiply(
    _ left: Matrix, _ right: Matrix, scale: Float, adding factor: Float, to result: Matrix
  ) throws {
    try Matrix.check(left, times: right, into: result)
    for row in 0..<result.rows {
      for column in 0..<result.columns {
        var sum = 0.0
        for index in 0..<left.columns { sum += left[row, index] * right[index, column] }
        let old = factor == 0 ? 0 : Double(factor) * result[row, column]
        result.elements[row * result.columns + column] = Float(Double(scale) * sum + old)
      }
    }
  }
}

extension Matrix {
  fileprivate subscript(row: Int, column: Int) -> Double {
    Double(elements[isTransposed ? column * rows + row : row * columns + column])
  }
}
