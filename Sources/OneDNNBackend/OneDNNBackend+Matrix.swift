// Products of matrices by oneDNN's sgemm, on all threads of the backend.
internal import COneDNN
public import Compute

extension OneDNNBackend {
  /// See `Backend`. Throws `ComputeError` and `OneDNNError`.
  public func multiply(
    _ left: Matrix, _ right: Matrix, scale: Float, adding factor: Float, to result: Matrix
  ) throws {
    try Matrix.check(left, times: right, into: result)
    engine.claimThreads()
    try check(
      dnnl_sgemm(
        left.layout, right.layout, dnnl_dim_t(result.rows), dnnl_dim_t(result.columns), dnnl_dim_t(left.columns),
        scale, left.elements.baseAddress, left.stride, right.elements.baseAddress, right.stride, factor,
        result.elements.baseAddress, result.stride), "multiply matrices")
  }
}

extension Matrix {
  /// oneDNN's letter for it.
  fileprivate var layout: CChar { CChar(bitPattern: UInt8(ascii: isTransposed ? "T" : "N")) }
  /// Elements from one row of the memory to the next.
  fileprivate var stride: dnnl_dim_t { dnnl_dim_t(isTransposed ? rows : columns) }
}
