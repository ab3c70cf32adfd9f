// All numbers of a network in two flat buffers, values and gradients: each tensor is a range of them,
// so optimizer, average, clipping and checkpoints are loops over plain memory.
public import Models
import Randomness

/// The weights of a network (fp32, PyTorch's order of elements) and their gradients.
///
/// Not synchronised: one thread at a time may use it.
public final class ParameterStore {
  /// The stored tensors; trainable ones lie before all running statistics in `values`.
  public let specs: [TensorSpec]
  /// Values of all tensors.
  public let values: AlignedBuffer<Float>
  /// Gradients of the trainable tensors, at the same positions as their values.
  public let gradients: AlignedBuffer<Float>
  /// Ranges of the tensors in `values`, by name.
  public let ranges: [String: Range<Int>]

  /// Each tensor starts at a multiple of so many values: at a cache line.
  public static let alignment = 16

  /// A zeroed store for the tensors of `graph`.
  public init(_ graph: Graph) {
    specs = graph.tensors
    var ranges: [String: Range<Int>] = [:]
    var end = 0
    var trainable = 0
    for wanted in [true, false] {
      for spec in specs where spec.isTrainable == wanted {
        ranges[spec.name] = end..<(end + spec.count)
        end = (end + spec.count + Self.alignment - 1) / Self.alignment * Self.alignment
      }
      if wanted { trainable = end }
    }
    self.ranges = ranges
    values = AlignedBuffer(count: end)
    gradients = AlignedBuffer(count: trainable)
  }

  /// Bytes of values and gradients.
  public var memoryBytes: Int { (values.count + gradients.count) * MemoryLayout<Float>.stride }

  /// The values of the tensor `name`, empty if there is none; valid while the store lives.
  public func values(of name: String) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: values.elements[ranges[name] ?? 0..<0])
  }

  /// The gradient of the trainable tensor `name`, empty if there is none; valid while the store lives.
  public func gradient(of name: String) -> UnsafeMutableBufferPointer<Float> {
    guard let range = ranges[name], range.upperBound <= gradients.count else {
      return UnsafeMutableBufferPointer(start: nil, count: 0)
    }
    return UnsafeMutableBufferPointer(rebasing: gradients.elements[range])
  }

  /// Makes the first filters pass one input channel each.
  private static func passChannels(_ filters: UnsafeMutableBufferPointer<Float>, shape: [Int]) {
    let size = shape[1] * shape[2] * shape[3]
    for channel in 0..<min(shape[0], shape[1]) {
      for position in channel * size..<(channel + 1) * size { filters[position] = 0 }
      filters[channel * size + (channel * shape[2] + shape[2] / 2) * shape[3] + shape[3] / 2] = 1
    }
  }

  /// Fills every tensor with its start value; random ones depend on `seed` and the tensor's place alone.
  public func initialize(seed: UInt64) {
    for (index, spec) in specs.enumerated() {
      let target = values(of: spec.name)
      switch spec.initializer {
      case .constant(let value):
        target.update(repeating: value)
      case .uniform(let fanIn), .dirac(let fanIn), .whitening(let fanIn):
        let bound = Float(1 / Double(fanIn).squareRoot())
        var random = CounterRandom(seed: seed, UInt64(index))
        for position in target.indices { target[position] = bound * (2 * random.uniform() - 1) }
      }
      if case .dirac = spec.initializer { Self.passChannels(target, shape: spec.shape) }
    }
  }
}
