// The convolutions' kernels called on arrays: memory of exactly the bytes that they ask for, and what they leave in it.
import CKernels
import Testing

/// What follows a convolution in its kernel.
struct Epilogue: Sendable, CustomTestStringConvertible {
  enum Residual: CaseIterable { case none, apart, inPlace }

  var bias = false
  var residual = Residual.none
  var activation = TPS_IDENTITY

  static let all = [false, true].flatMap { bias in
    Residual.allCases.flatMap { residual in
      activations.map { Epilogue(bias: bias, residual: residual, activation: $0) }
    }
  }

  var testDescription: String { "\(bias ? "bias, " : "")residual \(residual), \(activation.testDescription)" }
}

extension Geometry {
  private var shape: tps_conv {
    tps_conv(
      images: Int32(images), inputs: Int32(inputs), outputs: Int32(outputs), height: Int32(height), width: Int32(width))
  }

  /// The kernel's output; expects that padded channels are zero.
  func forward(
    _ set: InstructionSet, _ threads: Int32, _ input: [Float], _ weights: [Float], transposed: Bool = false,
    _ epilogue: Epilogue = Epilogue(), sums: Memory? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) -> Activations {
    let filters = Memory(floats: weights)
    let transformed = Memory(byteCount: tps_winograd_weight_bytes(shape, set.isa))
    tps_winograd_weights(shape, set.isa, threads, filters.floatBase, transposed ? 1 : 0, transformed.base)
    expectIntact(filters, transformed, sourceLocation: sourceLocation)

    let source = Activations(set, inputMap, input)
    let residual = epilogue.residual == .none ? nil : Activations(set, outputMap, residual)
    let output = epilogue.residual == .inPlace ? residual ?? Activations(set, outputMap) : Activations(set, outputMap)
    let padding = [Float](repeating: 0, count: (outputs + 15) / 16 * 16 - outputs)
    let bias = epilogue.bias ? Memory(floats: bias + padding) : nil
    let scratch = Memory(byteCount: tps_winograd_scratch_bytes(shape, set.isa, threads))
    tps_winograd_forward(
      shape, set.isa, threads, source.memory.base, transformed.base, output.memory.base,
      tps_epilogue(
        bias: bias?.floatBase, residual: residual.map { UnsafeRawPointer($0.memory.base) },
        activation: epilogue.activation, sums: sums?.doubleBase),
      scratch.base)
    expectIntact(
      source.memory, transformed, output.memory, residual?.memory, bias, sums, scratch, sourceLocation: sourceLocation)
    // What is not a number makes the padded channels so too, since zero times it is not zero.
    #expect(output.isTidy || input.contains { $0.isNaN }, sourceLocation: sourceLocation)
    return output
  }

  /// The kernel's gradient of the weights.
  func weightGradient(
    _ set: InstructionSet, _ threads: Int32, _ input: [Float], _ outputGradient: [Float],
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> [Float] {
    weightGradient(
      set, input, outputGradient, scratchBytes: tps_winograd_gradient_scratch_bytes(shape, set.isa, threads),
      sourceLocation
    ) { tps_winograd_weight_gradient(shape, set.isa, threads, $0, $1, $2, $3) }
  }
}

extension Geometry {
  var stridedShape: tps_strided_conv {
    tps_strided_conv(
      images: Int32(images), inputs: Int32(inputs), outputs: Int32(outputs), height: Int32(height), width: Int32(width),
      outputHeight: Int32(outputHeight), outputWidth: Int32(outputWidth), kernel: Int32(kernel), stride: Int32(stride))
  }

  /// The gradient of the weights by the kernel of direct sums.
  func directWeightGradient(
    _ set: InstructionSet, _ threads: Int32, _ input: [Float], _ outputGradient: [Float],
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> [Float] {
    weightGradient(
      set, input, outputGradient, scratchBytes: tps_strided_gradient_scratch_bytes(stridedShape, set.isa, threads),
      sourceLocation
    ) { tps_strided_weight_gradient(stridedShape, set.isa, threads, $0, $1, $2, $3) }
  }

  /// What `kernel` makes of memory in its layout: input, gradient of the output, gradient of the weights and scratch.
  private func weightGradient(
    _ set: InstructionSet, _ input: [Float], _ outputGradient: [Float], scratchBytes: Int,
    _ sourceLocation: SourceLocation,
    by kernel: (UnsafeRawPointer, UnsafeRawPointer, UnsafeMutablePointer<Float>, UnsafeMutableRawPointer) -> Void
  ) -> [Float] {
    let source = Activations(set, inputMap, input)
    let slope = Activations(set, outputMap, outputGradient)
    let gradient = Memory(byteCount: weightCount * 4)
    let scratch = Memory(byteCount: scratchBytes)
    kernel(source.memory.base, slope.memory.base, gradient.floatBase, scratch.base)
    expectIntact(source.memory, slope.memory, gradient, scratch, sourceLocation: sourceLocation)
    return gradient.floats
  }
}

/// One, two, and a number that divides few batches evenly; small batches have fewer tiles.
let threadCounts: [Int32] = [1, 2, 3]

/// Runs `body` for each instruction set and number of threads.
func onAllKernels(_ body: (_ set: InstructionSet, _ threads: Int32, _ comment: Comment) throws -> Void) rethrows {
  for set in InstructionSet.available {
    for threads in threadCounts { try body(set, threads, "\(set.testDescription), \(threads) threads") }
  }
}
