// An ONNX model as a value: named tensors that nodes make from other named tensors.
// It writes itself as the protobuf of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
public import Foundation

/// A model of the standard operators of one version.
public struct ONNXModel: Sendable {
  /// A parameter of an operator.
  public enum Attribute: Equatable, Sendable {
    /// A whole number.
    case integer(Int)
    /// A list of whole numbers.
    case integers([Int])
    /// A number.
    case float(Float)
    /// A word.
    case string(String)
  }

  /// An operator applied to tensors.
  public struct Node: Equatable, Sendable {
    /// The operator's name, such as "Conv".
    public var operation: String
    /// The names of the tensors it reads.
    public var inputs: [String]
    /// The name of the tensor it makes, which is the node's too.
    public var output: String
    /// Its parameters by name.
    public var attributes: [String: Attribute]

    /// `output` = `operation`(`inputs`).
    public init(_ operation: String, _ inputs: [String], to output: String, _ attributes: [String: Attribute] = [:]) {
      self.operation = operation
      self.inputs = inputs
      self.output = output
      self.attributes = attributes
    }
  }

  /// A stored tensor of floats.
  public struct Tensor: Equatable, Sendable {
    /// The name.
    public var name: String
    /// The extents, outermost first.
    public var shape: [Int]
    /// The values, in row-major order.
    public var values: [Float]

    /// A tensor whose shape has as many places as there are values.
    public init(_ name: String, shape: [Int], values: [Float]) {
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// The type of an input's or output's elements, under the number that ONNX gives it.
  public enum ElementType: Int, Sendable {
    /// IEEE single precision.
    case float = 1
    /// Bytes.
    case uint8 = 2
  }

  /// An input or output for any number of images.
  public struct Port: Equatable, Sendable {
    /// The tensor's name.
    public var name: String
    /// The elements' type.
    public var type: ElementType
    /// The extents after the batch's.
    public var shape: [Int]

    /// A batch of tensors of `shape`.
    public init(_ name: String, type: ElementType = .float, shape: [Int]) {
      self.name = name
      self.type = type
      self.shape = shape
    }
  }

  /// The version of the operators.
  public static let operatorSet = 17
  /// The version of the file format that came with those operators.
  static let formatVersion = 8
  /// The name of the first extent of inputs and outputs.
  static let batch = "batch"

  /// The graph's name.
  public var name: String
  /// The one input.
  public var input: Port
  /// The one output.
  public var output: Port
  /// The stored tensors.
  public var tensors: [Tensor] = []
  /// The nodes, each after those whose tensors it reads.
  public var nodes: [Node] = []
  /// Anything else worth keeping.
  public var metadata: [String: String] = [:]

  /// A model that does nothing yet.
  public init(_ name: String, input: Port, output: Port) {
    self.name = name
    self.input = input
    self.output = output
  }

  /// The bytes of the file, the same for the same model.
  public func serialized() -> Data {
    ProtobufWriter.message { model in
      model.integer(1, Self.formatVersion)
      model.string(2, "tpsnet")
      model.message(7) { graph in
        for node in nodes { graph.message(1) { write(node, to: &$0) } }
        graph.string(2, name)
        for tensor in tensors { graph.message(5) { write(tensor, to: &$0) } }
        graph.message(11) { write(input, to: &$0) }
        graph.message(12) { write(output, to: &$0) }
      }
      model.message(8) { $0.integer(2, Self.operatorSet) }
      for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
        model.message(14) {
          $0.string(1, key)
          $0.string(2, value)
        }
      }
    }
  }

  private func write(_ node: Node, to message: inout ProtobufWriter) {
    for input in node.inputs { message.string(1, input) }
    message.string(2, node.output)
    message.string(3, node.output)
    message.string(4, node.operation)
    for (name, attribute) in node.attributes.sorted(by: { $0.key < $1.key }) {
      message.message(5) { message in
        message.string(1, name)
        switch attribute {
        case .float(let value):
          message.float(2, value)
          message.integer(20, 1)
        case .integer(let value):
          message.integer(3, value)
          message.integer(20, 2)
        case .string(let value):
          message.string(4, value)
          message.integer(20, 3)
        case .integers(let values):
          for value in values { message.integer(8, value) }
          message.integer(20, 7)
        }
      }
    }
  }

  private func write(_ tensor: Tensor, to message: inout ProtobufWriter) {
    for extent in tensor.shape { message.integer(1, extent) }
    message.integer(2, ElementType.float.rawValue)
    message.string(8, tensor.name)
    // Raw little-endian values, as this machine has them.
    message.bytes(9, tensor.values.withUnsafeBytes { Data($0) })
  }

  private func write(_ port: Port, to message: inout ProtobufWriter) {
    message.string(1, port.name)
    message.message(2) { type in
      type.message(1) { tensor in
        tensor.integer(1, port.type.rawValue)
        tensor.message(2) { shape in
          shape.message(1) { $0.string(2, Self.batch) }
          for extent in port.shape { shape.message(1) { $0.integer(1, extent) } }
        }
      }
    }
  }
}
