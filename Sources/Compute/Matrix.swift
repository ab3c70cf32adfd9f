// Matrices for optimizers that treat filters as such: a view of memory,
// and the one operation that a backend does for them.

/// A row-major matrix of fp32 somewhere in memory, as it lies there or transposed. It owns nothing.
public struct Matrix {
  /// The elements, in the order of memory.
  public let elements: UnsafeMutableBufferPointer<Float>
  /// Rows and columns as they are seen.
  public let rows, columns: Int
  /// Whether the memory holds the transpose of what is seen.
  public let isTransposed: Bool

  private init(_ elements: UnsafeMutableBufferPointer<Float>, rows: Int, columns: Int, isTransposed: Bool) {
    (self.elements, self.rows, self.columns, self.isTransposed) = (elements, rows, columns, isTransposed)
  }

  /// The first `rows` × `columns` values of `elements`, row by row. Throws `ComputeError.invalidMatrix` where there are
  /// fewer.
  public init(_ elements: UnsafeMutableBufferPointer<Float>, rows: Int, columns: Int) throws {
    guard rows > 0, columns > 0, elements.count >= rows * columns else {
      throw ComputeError.invalidMatrix("\(elements.count) values cannot be \(rows) × \(columns)")
    }
    self.init(
      UnsafeMutableBufferPointer(rebasing: elements[..<(rows * columns)]), rows: rows, columns: columns,
      isTransposed: false)
  }

  /// The transpose, in the same memory.
  public var transposed: Matrix { Matrix(elements, rows: columns, columns: rows, isTransposed: !isTransposed) }

  /// Throws `ComputeError.invalidMatrix` unless `left` · `right` is of `result`'s shape and `result` lies as it is seen.
  public static func check(_ left: Matrix, times right: Matrix, into result: Matrix) throws {
    guard left.columns == right.rows, result.rows == left.rows, result.columns == right.columns, !result.isTransposed
    else {
      throw ComputeError.invalidMatrix(
        "\(left.rows) × \(left.columns) times \(right.rows) × \(right.columns) is not \(result.rows) × \(result.columns)"
          + (result.isTransposed ? " transposed" : ""))
    }
  }
}
