// The fully connected layer as primitives, forward and backward.
internal import COneDNN
internal import Models

/// The classifier, in fp32: its cost is nothing and the loss wants its precision.
struct InnerProduct {
  let engine: Engine
  let name: String
  let source: MemoryDescriptor
  let weights: MemoryDescriptor
  let bias: MemoryDescriptor?
  let destination: MemoryDescriptor

  /// From batch × channels × rows × columns to batch × `features`.
  init(engine: Engine, name: String, source dimensions: [Int], features: Int, hasBias: Bool) throws {
    self.engine = engine
    self.name = name
    source = try MemoryDescriptor(dimensions, dnnl_f32, dnnl_format_tag_any)
    weights = try MemoryDescriptor([features] + dimensions[1...], dnnl_f32, dnnl_format_tag_any)
    bias = hasBias ? try MemoryDescriptor([features], dnnl_f32, dnnl_a) : nil
    destination = try MemoryDescriptor([dimensions[0], features], dnnl_f32, dnnl_ab)
  }

  func forward(training: Bool, attributes: Attributes) throws -> PrimitiveDescriptor {
    try PrimitiveDescriptor(name) {
      dnnl_inner_product_forward_primitive_desc_create(
        &$0, engine.handle, training ? dnnl_forward_training : dnnl_forward_inference, source.handle, weights.handle,
        bias?.handle, destination.handle, attributes.handle)
    }
  }

  func backwardData(hint: PrimitiveDescriptor, attributes: Attributes) throws -> PrimitiveDescriptor {
    try PrimitiveDescriptor("\(name).backwardData") {
      dnnl_inner_product_backward_data_primitive_desc_create(
        &$0, engine.handle, source.handle, weights.handle, destination.handle, hint.handle, attributes.handle)
    }
  }

  func backwardWeights(hint: PrimitiveDescriptor, attributes: Attributes) throws -> PrimitiveDescriptor {
    try PrimitiveDescriptor("\(name).backwardWeights") {
      dnnl_inner_product_backward_weights_primitive_desc_create(
        &$0, engine.handle, source.handle, weights.handle, bias?.handle, destination.handle, hint.handle,
        attributes.handle)
    }
  }
}
