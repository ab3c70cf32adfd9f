// The parameter store as a plan sees it: each tensor at its fixed address,
// in PyTorch's order of elements.
internal import COneDNN
internal import Compute
internal import Models

/// Values and gradients of the store as external tensors of a plan.
struct StoredParameters {
  let builder: PlanBuilder
  let store: ParameterStore

  /// The node's tensors by the last part of their names: `weight`, `bias`, `running_mean`, `running_var`.
  func value(_ node: Node, _ part: String, shape: [Int]? = nil) throws -> Value {
    try external(store.values(of: "\(node.name).\(part)"), node, part, shape)
  }

  /// The gradient of one of the node's tensors.
  func gradient(_ node: Node, _ part: String, shape: [Int]? = nil) throws -> Value {
    try external(store.gradient(of: "\(node.name).\(part)"), node, part, shape)
  }

  /// The same, or nil where nobody trains the tensor.
  func gradientIfTrained(_ node: Node, _ part: String) throws -> Value? {
    let isTrained = node.tensors.contains { $0.name == "\(node.name).\(part)" && $0.isTrainable }
    return isTrained ? try gradient(node, part) : nil
  }

  private func external(
    _ memory: UnsafeMutableBufferPointer<Float>, _ node: Node, _ part: String, _ shape: [Int]?
  ) throws -> Value {
    let name = "\(node.name).\(part)"
    guard let address = memory.baseAddress, let spec = node.tensors.first(where: { $0.name == name }),
      memory.count == spec.count
    else { throw ComputeError.missingTensor(name) }
    let shape = shape ?? spec.shape
    let tags = [dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd]
    return builder.makeExternal(
      try MemoryDescriptor(shape, dnnl_f32, tags[shape.count - 1]), at: UnsafeMutableRawPointer(address))
  }
}
