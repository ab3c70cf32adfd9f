// Squeeze-and-excitation in plans of training, which read the stored weights, and of inference, which read them as they
// were loaded; the backward pass reads what the forward pass has kept of each image.
internal import CKernels
internal import Compute
internal import Models

extension Lowering {
  private func squeeze(_ node: Node, hidden: Int) -> tps_squeeze {
    tps_squeeze(
      images: Int32(context.batchSize), channels: Int32(node.shape.channels),
      pixels: Int32(node.shape.height * node.shape.width), hidden: Int32(hidden))
  }

  /// The node's tensors by the last parts of their names, in the kernels' order.
  static var squeezeParts: [String] { ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"] }

  /// The node's weights where they are stored.
  func squeezeWeights(_ node: Node) throws -> [Value] { try Self.squeezeParts.map { try parameters.value(node, $0) } }

  /// Memory for what the kernels keep of each image.
  func squeezeMemory(_ node: Node, hidden: Int) throws -> Value {
    builder.make(try .bytes(tps_squeeze_count(squeeze(node, hidden: hidden)) * MemoryLayout<Float>.stride))
  }

  /// Records the forward pass.
  func squeezeForward(_ node: Node, hidden: Int, _ input: Value, weights: [Value], state: Value, into result: Value) {
    let (shape, kernels) = (squeeze(node, hidden: hidden), self.kernels)
    builder.run(node.name, on: [input, state, result] + weights) { memory in
      let weights = memory[3...].map { UnsafePointer($0.floats) as UnsafePointer<Float>? }
      tps_squeeze_forward(
        shape, kernels.isa, kernels.threads, memory[0], weights, memory[1].floats, memory[2])
    }
  }

  /// Records the backward pass; `result` may be the gradient's memory.
  func squeezeBackward(
    _ node: Node, hidden: Int, _ input: Value, gradient: Value, state: Value, into result: Value
  ) throws {
    let (shape, kernels) = (squeeze(node, hidden: hidden), self.kernels)
    let scratch = try squeezeMemory(node, hidden: hidden)
    let gradients = try Self.squeezeParts.map { try parameters.gradient(node, $0) }
    let weights = try squeezeWeights(node)
    builder.run(
      "\(node.name).backward", on: [input, gradient, state, scratch, result] + weights + gradients
    ) { memory in
      let weights = memory[5..<9].map { UnsafePointer($0.floats) as UnsafePointer<Float>? }
      let gradients = memory[9...].map { $0.floats as UnsafeMutablePointer<Float>? }
      tps_squeeze_backward(
        shape, kernels.isa, kernels.threads, memory[0], memory[1], weights, memory[2].floats, memory[3].floats,
        gradients, memory[4])
    }
  }
}
