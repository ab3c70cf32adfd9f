// Muon: momentum whose matrix is replaced by a nearly orthogonal one, so that each direction in which filters can
// change changes as fast as any other (Jordan et al. 2024,
// "Muon: An optimizer for hidden layers in neural networks").
import Compute

/// Steps of matrices along their gradients, with memory for the products of the largest one.
///
/// The quintic Newton–Schulz iteration X ← aX + bXXᵀX + cXXᵀXXᵀX turns the singular values of a matrix of norm 1
/// towards 1. All its factors are polynomials of XXᵀ, so it runs on that small square matrix alone, and the large one is
/// read twice whatever the number of steps. Rounding grows about twelvefold a step, where forming XXᵀ anew would keep it
/// small: hence no more than `mostSteps`.
final class Muon {
  private let backend: any Backend
  private let momentum: Float
  private let steps: Int
  private let keepsNorm: Bool
  /// The gradient with Nesterov's momentum.
  private let direction: AlignedBuffer<Float>
  /// Square matrices: XXᵀ, the factor of one step, the product of all of them, and room for one more.
  private let squares: [AlignedBuffer<Float>]

  /// The most steps: 5 err by some 5e-4, 7 by some per cent, and 10 would overflow.
  static let mostSteps = 6

  /// The iteration's coefficients.
  static let (linear, cubic, quintic): (Float, Float, Float) = (3.4445, -4.7750, 2.0315)

  /// For the largest of matrices of `shapes`; nil where there are none.
  init?(
    _ settings: Configuration.OptimizerSettings.MuonSettings, shapes: [(rows: Int, columns: Int)],
    backend: any Backend
  ) {
    guard let largest = shapes.map({ $0.rows * $0.columns }).max(),
      let side = shapes.map({ min($0.rows, $0.columns) }).max()
    else { return nil }
    self.backend = backend
    momentum = Float(settings.momentum)
    steps = settings.steps
    keepsNorm = settings.keepsNorm
    direction = AlignedBuffer(count: largest)
    squares = (0..<4).map { _ in AlignedBuffer(count: side * side) }
  }

  /// Bytes that it holds.
  var memoryBytes: Int { 4 * (direction.count + squares.reduce(0) { $0 + $1.count }) }

  /// values ← (1 − rate · decay) · values − rate · orthogonal(gradient + momentum · velocity), where
  /// velocity ← momentum · velocity + gradient first; with `keepsNorm` the factor gives the values their norm instead.
  func step(
    values: UnsafeMutableBufferPointer<Float>, gradient: UnsafeMutableBufferPointer<Float>,
    velocity: UnsafeMutableBufferPointer<Float>, rows: Int, columns: Int, rate: Float, decay: Float
  ) throws {
    let direction = UnsafeMutableBufferPointer(rebasing: self.direction.elements[..<values.count])
    for index in 0..<values.count {
      velocity[index] = momentum * velocity[index] + gradient[index]
      direction[index] = gradient[index] + momentum * velocity[index]
    }
    var kept = 1 - rate * decay
    let norm = keepsNorm ? Float(values.norm) : 0
    if norm > 0 { kept = Float(rows).squareRoot() / norm }
    try orthogonalize(
      Matrix(direction, rows: rows, columns: columns), scale: -rate, adding: kept,
      to: Matrix(values, rows: rows, columns: columns))
  }

  /// result ← scale · orthogonal(matrix) + factor · result.
  private func orthogonalize(_ matrix: Matrix, scale: Float, adding factor: Float, to result: Matrix) throws {
    let isTall = matrix.rows > matrix.columns
    let side = min(matrix.rows, matrix.columns)
    let (gram, polynomial) = (try square(0, side), try square(1, side))
    var (product, spare) = (try square(2, side), try square(3, side))
    let (left, right) = isTall ? (matrix.transposed, matrix) : (matrix, matrix.transposed)
    try backend.multiply(left, right, scale: 1, adding: 0, to: gram)
    // The trace of XXᵀ is the square of X's norm, by which X is to be divided.
    let diagonal = stride(from: 0, to: side * side, by: side + 1)
    let norm = max(diagonal.reduce(0) { $0 + gram.elements[$1] }.squareRoot(), 1e-7)
    let share = 1 / (norm * norm)
    for index in gram.elements.indices { gram.elements[index] *= share }
    for step in 0..<steps {
      // The factor of this step, a + b · gram + c · gram², and the product of all so far.
      _ = polynomial.elements.update(fromContentsOf: UnsafeBufferPointer(gram.elements))
      try backend.multiply(gram, gram, scale: Self.quintic, adding: Self.cubic, to: polynomial)
      for index in diagonal { polynomial.elements[index] += Self.linear }
      if step == 0 {
        _ = product.elements.update(fromContentsOf: UnsafeBufferPointer(polynomial.elements))
      } else {
        try backend.multiply(polynomial, product, scale: 1, adding: 0, to: spare)
        swap(&product, &spare)
      }
      guard step + 1 < steps else { break }
      try backend.multiply(polynomial, gram, scale: 1, adding: 0, to: spare)
      try backend.multiply(spare, polynomial, scale: 1, adding: 0, to: gram)
    }
    if isTall {
      try backend.multiply(matrix, product, scale: scale / norm, adding: factor, to: result)
    } else {
      try backend.multiply(product, matrix, scale: scale / norm, adding: factor, to: result)
    }
  }

  /// One of the square matrices, with `side` rows.
  private func square(_ index: Int, _ side: Int) throws -> Matrix {
    try Matrix(squares[index].elements, rows: side, columns: side)
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The Euclidean norm, summed in double precision.
  var norm: Double {
    var sums = SIMD8<Double>()
    let whole = count / 8 * 8
    for start in stride(from: 0, to: whole, by: 8) {
      let values = SIMD8<Double>(
        SIMD8<Float>(
          self[start], self[start + 1], self[start + 2], self[start + 3], self[start + 4], self[start + 5],
          self[start + 6], self[start + 7]))
      sums += values * values
    }
    return self[whole...].reduce(sums.sum()) { $0 + Double($1) * Double($1) }.squareRoot()
  }
}
