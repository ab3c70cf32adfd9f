// A model file run as the ONNX standard says, in double precision and in the plainest way:
// it shares nothing with the code that wrote the file.
import Foundation
import TestSupport
import Testing

/// A tensor of the interpreter.
struct ONNXTensor {
  var shape: [Int]
  var values: [Double]

  var channelSize: Int { shape[2...].reduce(1, *) }
}

/// A model, read from its bytes.
struct ONNXInterpreter {
  struct Node {
    let operation: String
    let inputs: [String]
    let output: String
    let attributes: [String: ProtobufMessage]

    func integers(_ name: String) throws -> [Int] { try #require(attributes[name]).integers(8) }
    func integer(_ name: String) throws -> Int { try #require(attributes[name]?.integers(3).first) }
  }

  let nodes: [Node]
  let tensors: [String: ONNXTensor]
  /// The element type, name and extents of input and output; the batch's extent is 0.
  let input, output: (type: Int, name: String, shape: [Int])
  let metadata: [String: String]
  let operatorSet: Int

  init(_ data: Data) throws {
    let model = try ProtobufMessage(data)
    operatorSet = try #require(try model.message(8)?.integers(2).first)
    let pairs = try model.messages(14).map { ($0.strings(1)[0], $0.strings(2)[0]) }
    metadata = Dictionary(uniqueKeysWithValues: pairs)
    let graph = try #require(try model.message(7))
    nodes = try graph.messages(1).map { node in
      let attributes = try node.messages(5).map { ($0.strings(1)[0], $0) }
      return Node(
        operation: node.strings(4)[0], inputs: node.strings(1), output: node.strings(2)[0],
        attributes: Dictionary(uniqueKeysWithValues: attributes))
    }
    let stored = try graph.messages(5).map { tensor in
      try #require(tensor.integers(2) == [1])
      let values = tensor.data(9)[0].withUnsafeBytes { Array($0.bindMemory(to: Float.self)).map(Double.init) }
      let shape = tensor.integers(1)
      try #require(shape.reduce(1, *) == values.count)
      return (tensor.strings(8)[0], ONNXTensor(shape: shape, values: values))
    }
    tensors = Dictionary(uniqueKeysWithValues: stored)
    input = try Self.port(#require(try graph.message(11)))
    output = try Self.port(#require(try graph.message(12)))
  }

  private static func port(_ message: ProtobufMessage) throws -> (type: Int, name: String, shape: [Int]) {
    let tensor = try #require(try message.message(2)?.message(1))
    let shape = try #require(try tensor.message(2)).messages(1).map { extent in
      extent.strings(2) == ["batch"] ? 0 : extent.integers(1)[0]
    }
    return (tensor.integers(1)[0], message.strings(1)[0], shape)
  }

  /// The output for a batch of `count` images.
  func run(_ images: [Double], count: Int) throws -> [Double] {
    var known = tensors
    known[input.name] = ONNXTensor(shape: [count] + input.shape.dropFirst(), values: images)
    for node in nodes {
      let inputs = try node.inputs.map { try #require(known[$0], "\(node.output) reads \($0)") }
      try #require(known[node.output] == nil)
      known[node.output] = try run(node, inputs)
    }
    let result = try #require(known[output.name])
    try #require(result.shape == [count] + output.shape.dropFirst())
    return result.values
  }

  private func run(_ node: Node, _ inputs: [ONNXTensor]) throws -> ONNXTensor {
    var result = inputs[0]
    switch node.operation {
    case "Cast": try #require(try node.integer("to") == 1)
    case "Sigmoid": result.values = result.values.map { 1 / (1 + exp(-$0)) }
    case "Relu": result.values = result.values.map { max($0, 0) }
    case "Mul": result.values = Self.broadcast(inputs, *)
    case "Add": result.values = Self.broadcast(inputs, +)
    case "BatchNormalization":
      let epsilon = Double(try #require(node.attributes["epsilon"]?.float(2)))
      for index in result.values.indices {
        let channel = index / result.channelSize % result.shape[1]
        let deviation = (inputs[4].values[channel] + epsilon).squareRoot()
        result.values[index] =
          (result.values[index] - inputs[3].values[channel]) / deviation
          * inputs[1].values[channel] + inputs[2].values[channel]
      }
    case "Flatten":
      try #require(try node.integer("axis") == 1)
      result.shape = [result.shape[0], result.shape[1...].reduce(1, *)]
    case "Gemm":
      try #require(try node.integer("transB") == 1)
      let alpha = Double(try #require(node.attributes["alpha"]?.float(2)))
      let beta = Double(try #require(node.attributes["beta"]?.float(2)))
      let (rows, inner, columns) = (result.shape[0], result.shape[1], inputs[1].shape[0])
      result = ONNXTensor(shape: [rows, columns], values: [])
      for row in 0..<rows {
        for column in 0..<columns {
          let product = (0..<inner).reduce(0) {
            $0 + inputs[0].values[row * inner + $1] * inputs[1].values[column * inner + $1]
          }
          result.values.append(alpha * product + (inputs.count == 3 ? beta * inputs[2].values[column] : 0))
        }
      }
    case "Conv":
      let channels = inputs[0].shape[1]
      result = try Self.slide(node, inputs[0], outputs: inputs[1].shape[0]) { output, tap, value, kernel in
        for channel in 0..<channels {
          value += tap(channel) * inputs[1].values[(output * channels + channel) * kernel.area + kernel.place]
        }
      }
      if inputs.count == 3 {
        for index in result.values.indices {
          result.values[index] += inputs[2].values[index / result.channelSize % result.shape[1]]
        }
      }
    case "GlobalAveragePool":
      let pixels = result.channelSize
      result.values = (0..<result.shape[0] * result.shape[1]).map { map in
        result.values[map * pixels..<(map + 1) * pixels].reduce(0, +) / Double(pixels)
      }
      result.shape[2...] = [1, 1]
    case "AveragePool":
      result = try Self.slide(node, inputs[0], outputs: inputs[0].shape[1]) { output, tap, value, kernel in
        value += tap(output) / Double(kernel.area)
      }
    case "MaxPool":
      // No window reaches beyond the edge.
      result = try Self.slide(node, inputs[0], outputs: inputs[0].shape[1]) { output, tap, value, kernel in
        value = kernel.place == 0 ? tap(output) : max(value, tap(output))
      }
    default: throw Unknown(operation: node.operation)
    }
    return result
  }

  private struct Unknown: Error { let operation: String }

  private static func broadcast(_ inputs: [ONNXTensor], _ combine: (Double, Double) -> Double) -> [Double] {
    let (left, right) = (inputs[0], inputs[1])
    guard right.values.count != left.values.count else { return zip(left.values, right.values).map(combine) }
    guard right.values.count > 1 else { return left.values.map { combine($0, right.values[0]) } }
    return left.values.enumerated().map { combine($1, right.values[$0 / left.channelSize % right.values.count]) }
  }

  /// Each output value from the window of the input that belongs to it; values beyond the edge are 0.
  private static func slide(
    _ node: Node, _ input: ONNXTensor, outputs: Int,
    _ add: (
      _ output: Int, _ tap: (_ channel: Int) -> Double, _ value: inout Double, _ kernel: (area: Int, place: Int)
    ) -> Void
  ) throws -> ONNXTensor {
    let (kernel, stride) = (try node.integers("kernel_shape"), try node.integers("strides"))
    let pads = node.attributes["pads"] == nil ? [0, 0, 0, 0] : try node.integers("pads")
    let (batch, channels, height, width) = (input.shape[0], input.shape[1], input.shape[2], input.shape[3])
    let rows = (height + pads[0] + pads[2] - kernel[0]) / stride[0] + 1
    let columns = (width + pads[1] + pads[3] - kernel[1]) / stride[1] + 1
    var result = ONNXTensor(shape: [batch, outputs, rows, columns], values: [])
    for image in 0..<batch {
      for output in 0..<outputs {
        for (row, column) in (0..<rows).flatMap({ row in (0..<columns).map { (row, $0) } }) {
          var value = 0.0
          for place in 0..<kernel[0] * kernel[1] {
            let y = row * stride[0] + place / kernel[1] - pads[0]
            let x = column * stride[1] + place % kernel[1] - pads[1]
            guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
            let tap = { (channel: Int) in input.values[((image * channels + channel) * height + y) * width + x] }
            add(output, tap, &value, (kernel[0] * kernel[1], place))
          }
          result.values.append(value)
        }
      }
    }
    return result
  }
}
