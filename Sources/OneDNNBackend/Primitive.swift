// Primitive descriptors (what oneDNN will compute and in which layouts) and attributes
// (where scratch memory comes from, what is fused behind the operation).
internal import COneDNN
internal import Models

/// Owner of a `dnnl_primitive_desc_t`, and the questions that lowering asks it.
final class PrimitiveDescriptor {
  let handle: OpaquePointer
  let name: String

  init(_ name: String, _ create: (inout OpaquePointer?) -> dnnl_status_t) throws {
    self.name = name
    handle = try created(name, create)
  }

  deinit { dnnl_primitive_desc_destroy(handle) }

  private func descriptor(_ query: dnnl_query_t) throws -> MemoryDescriptor {
    guard let found = dnnl_primitive_desc_query_md(handle, query, 0) else {
      throw OneDNNError(description: "oneDNN: \(name): no descriptor for query \(query.rawValue)")
    }
    return try MemoryDescriptor(copying: found)
  }

  func source() throws -> MemoryDescriptor { try descriptor(dnnl_query_src_md) }
  func destination() throws -> MemoryDescriptor { try descriptor(dnnl_query_dst_md) }
  func weights() throws -> MemoryDescriptor { try descriptor(dnnl_query_weights_md) }
  func sourceGradient() throws -> MemoryDescriptor { try descriptor(dnnl_query_diff_src_md) }
  func destinationGradient() throws -> MemoryDescriptor { try descriptor(dnnl_query_diff_dst_md) }
  func weightsGradient() throws -> MemoryDescriptor { try descriptor(dnnl_query_diff_weights_md) }
  func scratchpad() throws -> MemoryDescriptor { try descriptor(dnnl_query_scratchpad_md) }

  /// oneDNN's word for the implementation it chose, for instance `jit:avx512_core_bf16`.
  var implementation: String {
    var text: UnsafePointer<CChar>?
    guard dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &text) == dnnl_success, let text
    else { return "" }
    return String(cString: text)
  }
}

/// Owner of a `dnnl_primitive_attr_t`: scratch memory comes from the plan, and operations may follow in place.
final class Attributes {
  enum PostOperation {
    /// Adds what the destination held before.
    case sum
    case activation(Activation)
    case scale(Float)
  }

  let handle: OpaquePointer

  init(_ postOperations: [PostOperation] = []) throws {
    handle = try created("create attributes") { dnnl_primitive_attr_create(&$0) }
    try check(
      dnnl_primitive_attr_set_scratchpad_mode(handle, dnnl_scratchpad_mode_user), "set scratchpad mode")
    guard !postOperations.isEmpty else { return }
    let list = try created("create post-operations") { dnnl_post_ops_create(&$0) }
    defer { dnnl_post_ops_destroy(list) }
    for operation in postOperations {
      switch operation {
      case .sum:
        try check(dnnl_post_ops_append_sum(list, 1, 0, dnnl_data_type_undef), "append sum")
      case .activation(let activation):
        try check(
          dnnl_post_ops_append_eltwise(list, activation.eltwise.kind, activation.eltwise.alpha, 0),
          "append \(activation)")
      case .scale(let factor):
        try check(dnnl_post_ops_append_eltwise(list, dnnl_eltwise_linear, factor, 0), "append scale")
      }
    }
    try check(dnnl_primitive_attr_set_post_ops(handle, list), "set post-operations")
  }

  deinit { dnnl_primitive_attr_destroy(handle) }
}

extension Activation {
  /// What oneDNN calls it, and that operation's parameter.
  fileprivate var eltwise: (kind: dnnl_alg_kind_t, alpha: Float) {
    switch self {
    case .relu: (dnnl_eltwise_relu, 0)
    case .gelu: (dnnl_eltwise_gelu_tanh, 0)
    case .silu: (dnnl_eltwise_swish, 1)
    }
  }
}
