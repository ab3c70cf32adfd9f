// A convolution as oneDNN runs it: three primitives over one geometry,
// each free to choose the layouts of its operands.
internal import COneDNN
internal import Models

/// Geometry of a square convolution.
struct Convolution {
  let engine: Engine
  let name: String
  let stride: Int
  let kernel: Int
  /// Rows and columns of zeros in front of the map.
  private let front: Int
  /// Batch × channels × rows × columns of the input, whose layout the primitive may choose.
  let source: MemoryDescriptor
  let weights: MemoryDescriptor
  let destination: MemoryDescriptor

  /// The convolution from `source`, of any layout, to batch × channels × rows × columns of `output`.
  init(
    engine: Engine, name: String, source: MemoryDescriptor, output: [Int], _ convolution: Models.Operation.Convolution
  ) throws {
    self.engine = engine
    self.name = name
    stride = convolution.stride
    kernel = convolution.kernel
    front = convolution.padding
    self.source = source
    let type = source.dataType
    weights = try MemoryDescriptor(
      [output[1], source.dimensions[1], kernel, kernel], type, dnnl_format_tag_any)
    destination = try MemoryDescriptor(output, type, dnnl_format_tag_any)
  }

  private var strides: [Int64] { [Int64(stride), Int64(stride)] }
  private var dilations: [Int64] { [0, 0] }
  private var padding: [Int64] { [Int64(front), Int64(front)] }
  /// Padding behind the last row that the stride really reaches; less than in front where the stride skips rows.
  private var paddingBehind: [Int64] {
    (2...3).map { axis in
      let reach = (destination.dimensions[axis] - 1) * stride + kernel
      return Int64(reach - source.dimensions[axis] - front)
    }
  }

  func forward(training: Bool, bias: MemoryDescriptor? = nil, attributes: Attributes) throws -> PrimitiveDescriptor {
    try PrimitiveDescriptor(name) {
      dnnl_convolution_forward_primitive_desc_create(
        &$0, engine.handle, training ? dnnl_forward_training : dnnl_forward_inference, dnnl_convolution_direct,
        source.handle, weights.handle, bias?.handle, destination.handle, strides, dilations, padding, paddingBehind,
        attributes.handle)
    }
  }

  func backwardData(hint: PrimitiveDescriptor, attributes: Attributes) throws -> PrimitiveDescriptor {
    try PrimitiveDescriptor("\(name).backwardData") {
      dnnl_convolution_backward_data_primitive_desc_create(
        &$0, engine.handle, dnnl_convolution_direct, source.handle, weights.handle, destination.handle, strides,
        dilations, padding, paddingBehind, hint.handle, attributes.handle)
    }
  }

  /// Gradient of the weights, in fp32 whatever the activations are.
  func backwardWeights(hint: PrimitiveDescriptor, attributes: Attributes) throws -> PrimitiveDescriptor {
    let gradient = try MemoryDescriptor(weights.dimensions, dnnl_f32, dnnl_format_tag_any)
    return try PrimitiveDescriptor("\(name).backwardWeights") {
      dnnl_convolution_backward_weights_primitive_desc_create(
        &$0, engine.handle, dnnl_convolution_direct, source.handle, gradient.handle, nil, destination.handle,
        strides, dilations, padding, paddingBehind, hint.handle, attributes.handle)
    }
  }
}
