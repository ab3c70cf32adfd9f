// Our own kernels as a plan records them: each function adds one step, and one value says which
// instruction set and how many threads all of them use.
internal import CKernels
internal import COneDNN
internal import Compute
internal import Models

/// The version of the kernels that fits this CPU and a precision.
struct Kernels {
  let isa: tps_isa
  let threads: Int32

  /// The widest kernels that this CPU, and oneDNN's `ONEDNN_MAX_CPU_ISA`, allow.
  init(_ precision: Precision, threads: Int) {
    self.threads = Int32(threads)
    if precision == .bf16 {
      isa = TPS_AVX512_BF16
      return
    }
    #if arch(x86_64)
      let allowed = dnnl_get_effective_cpu_isa().rawValue
      let widest = [(TPS_AVX512, dnnl_cpu_isa_avx512_core), (TPS_AVX2, dnnl_cpu_isa_avx2)].first {
        allowed & $0.1.rawValue == $0.1.rawValue && tps_supports($0.0) != 0
      }
      isa = widest?.0 ?? TPS_BASELINE
    #else
      isa = TPS_BASELINE
    #endif
  }
}

extension UnsafeMutableRawPointer {
  var floats: UnsafeMutablePointer<Float> { assumingMemoryBound(to: Float.self) }
  var doubles: UnsafeMutablePointer<Double> { assumingMemoryBound(to: Double.self) }
}

extension Activation? {
  /// The kernels' name for it.
  var kernel: tps_activation {
    switch self {
    case nil: TPS_IDENTITY
    case .relu: TPS_RELU
    case .gelu: TPS_GELU
    case .silu: TPS_SILU
    }
  }
}

extension tps_map {
  /// A batch of feature maps.
  init(_ shape: Shape, batchSize: Int) {
    self.init(images: Int32(batchSize), channels: Int32(shape.channels), pixels: Int32(shape.height * shape.width))
  }

  /// Channels with the padding to whole vectors.
  var paddedChannels: Int { (Int(channels) + 15) / 16 * 16 }
}

extension Lowering {
  var kernels: Kernels { context.kernels }

  /// The layout of our own kernels for what `node` yields.
  func blocked(_ node: Node) throws -> MemoryDescriptor {
    try MemoryDescriptor(extents(node), context.dataType, dnnl_aBcd16b)
  }

  /// What node `id` yields, in that layout.
  func blocked(_ id: Int) throws -> Value {
    let node = graph.nodes[id]
    return try builder.reordered(output(id), to: blocked(node), name: "\(node.name).blocked")
  }

  func map(_ node: Node) -> tps_map { tps_map(node.shape, batchSize: context.batchSize) }

  /// Whether a convolution runs by Winograd's algorithm.
  ///
  /// Its transforms pay where channels fill vectors and there are enough tiles for the channels: transformed weights are
  /// four times as many as weights, and reading them costs the same however small the batch.
  func usesWinograd(_ node: Node, _ convolution: Models.Operation.Convolution) -> Bool {
    let input = graph.nodes[node.inputs[0]].shape
    let tiles = context.batchSize * ((input.height + 3) / 4) * ((input.width + 3) / 4)
    return context.convolutions == .fastest && convolution.kernel == 3 && convolution.stride == 1
      && convolution.isPadded && !convolution.hasBias && min(input.height, input.width) >= 3 && input.channels >= 8
      && 4 * tiles >= max(input.channels, node.shape.channels)
  }

  /// The convolution's geometry; `transposed`: that of the gradient of its input.
  func winograd(_ node: Node, transposed: Bool = false) -> tps_conv {
    let input = graph.nodes[node.inputs[0]].shape
    let channels = (Int32(input.channels), Int32(node.shape.channels))
    return tps_conv(
      images: Int32(context.batchSize), inputs: transposed ? channels.1 : channels.0,
      outputs: transposed ? channels.0 : channels.1, height: Int32(input.height), width: Int32(input.width))
  }
}

extension Lowering {
  /// The windows of a pool.
  func pool(_ node: Node) -> tps_pool {
    let input = graph.nodes[node.inputs[0]].shape
    let (kernel, stride) =
      switch node.operation {
      case .maxPool(let kernel, let stride): (kernel, stride)
      case .averagePool(let kernel): (kernel, 1)
      default: (1, 1)
      }
    return tps_pool(
      images: Int32(context.batchSize), channels: Int32(input.channels), height: Int32(input.height),
      width: Int32(input.width), kernel: Int32(kernel), stride: Int32(stride))
  }

  /// The geometry for our own gradient of a strided convolution's weights, where oneDNN's is slow and ours applies.
  func strided(_ node: Node, _ convolution: Models.Operation.Convolution) -> tps_strided_conv? {
    let input = graph.nodes[node.inputs[0]].shape
    let shape = tps_strided_conv(
      images: Int32(context.batchSize), inputs: Int32(input.channels), outputs: Int32(node.shape.channels),
      height: Int32(input.height), width: Int32(input.width), outputHeight: Int32(node.shape.height),
      outputWidth: Int32(node.shape.width), kernel: Int32(convolution.kernel), stride: Int32(convolution.stride))
    guard convolution.stride > 1, convolution.kernel > 1, convolution.kernel % 2 == 1, convolution.isPadded,
      input.channels >= 8, tps_strided_supports(shape) != 0
    else { return nil }
    return shape
  }
}

extension PlanBuilder {
  /// The transform of a 3×3 convolution's weights.
  func winogradWeights(
    _ name: String, _ kernels: Kernels, _ shape: tps_conv, transposed: Bool = false, from weights: Value,
    into target: Value
  ) {
    run(name, on: [weights, target]) { memory in
      tps_winograd_weights(
        shape, kernels.isa, kernels.threads, memory[0].floats, transposed ? 1 : 0,
        memory[1])
    }
  }

  /// What may follow a convolution before its result is stored.
  struct Epilogue {
    var bias: Value?
    var residual: Value?
    var activation: Activation?
    var sums: Value?
  }

  func winogradForward(
    _ name: String, _ kernels: Kernels, _ shape: tps_conv, input: Value, weights: Value, output: Value,
    _ epilogue: Epilogue = Epilogue()
  ) throws {
    let scratch = make(try .bytes(tps_winograd_scratch_bytes(shape, kernels.isa, kernels.threads)))
    let values = [input, weights, output, scratch, epilogue.bias, epilogue.residual, epilogue.sums]
    run(name, onAny: values) { memory in
      tps_winograd_forward(
        shape, kernels.isa, kernels.threads, memory[0], memory[1], memory[2],
        tps_epilogue(
          bias: memory[4]?.floats, residual: memory[5], activation: epilogue.activation.kernel,
          sums: memory[6]?.doubles),
        memory[3])
    }
  }

  func winogradWeightGradient(
    _ name: String, _ kernels: Kernels, _ shape: tps_conv, input: Value, outputGradient: Value, gradient: Value
  ) throws {
    let scratch = make(try .bytes(tps_winograd_gradient_scratch_bytes(shape, kernels.isa, kernels.threads)))
    run(name, on: [input, outputGradient, gradient, scratch]) { memory in
      tps_winograd_weight_gradient(
        shape, kernels.isa, kernels.threads, memory[0], memory[1], memory[2].floats,
        memory[3])
    }
  }

  func stridedWeightGradient(
    _ name: String, _ kernels: Kernels, _ shape: tps_strided_conv, input: Value, outputGradient: Value, gradient: Value
  ) throws {
    let scratch = make(try .bytes(tps_strided_gradient_scratch_bytes(shape, kernels.isa, kernels.threads)))
    run(name, on: [input, outputGradient, gradient, scratch]) { memory in
      tps_strided_weight_gradient(
        shape, kernels.isa, kernels.threads, memory[0], memory[1], memory[2].floats,
        memory[3])
    }
  }

  /// result ← activation(maximum · scale + shift), where `places` and `sums` receive what they are for.
  func maxPool(
    _ name: String, _ kernels: Kernels, _ pool: tps_pool, _ x: Value, coefficients: Value? = nil,
    activation: Activation? = nil, into result: Value, places: Value? = nil, sums: Value? = nil
  ) {
    run(name, onAny: [x, result, coefficients, places, sums]) { memory in
      tps_maxpool_forward(
        pool, kernels.isa, kernels.threads, memory[0], memory[2]?.floats, activation.kernel, memory[1],
        memory[3]?.assumingMemoryBound(to: UInt16.self), memory[4]?.doubles)
    }
  }

  /// result ← the mean of each window.
  func averagePool(_ name: String, _ kernels: Kernels, _ pool: tps_pool, _ x: Value, into result: Value) {
    run(name, on: [x, result]) { memory in
      tps_averagepool_forward(pool, kernels.isa, kernels.threads, memory[0], memory[1])
    }
  }

  /// gradient ← Σ of `outputGradient` behind an activation of `x`, for each channel.
  func biasGradient(
    _ name: String, _ kernels: Kernels, _ map: tps_map, activation: Activation? = nil, of x: Value,
    outputGradient: Value, sums: Value, gradient: Value
  ) {
    run(name, kind: .convolutionBackwardWeights, on: [x, outputGradient, sums, gradient]) { memory in
      tps_bias_gradient(
        map, kernels.isa, kernels.threads, activation.kernel, memory[0], memory[1], memory[2].doubles,
        memory[3].floats)
    }
  }

  /// result ← activation(x · scale + shift + residual); without coefficients x stays as it is.
  func affine(
    _ name: String, _ kernels: Kernels, _ map: tps_map, _ x: Value, coefficients: Value? = nil,
    residual: Value? = nil, activation: Activation? = nil, into result: Value
  ) {
    run(name, onAny: [x, result, coefficients, residual]) { memory in
      tps_affine(
        map, kernels.isa, kernels.threads, memory[0], memory[2]?.floats, memory[3], activation.kernel, memory[1])
    }
  }
}
