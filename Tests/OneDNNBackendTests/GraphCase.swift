// Networks of one or a few operations with logits at the end: the tables over which backends are compared.
// A 1×1 convolution in front of the operation makes the gradient of its input visible.
import Models
import Testing

/// A network and the size of its batch.
struct GraphCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let batchSize: Int
  let graph: Graph

  /// What `body` appends and returns, with a classifier of `classes` behind it.
  init(
    _ description: String, _ input: Shape = Shape(channels: 3, height: 5, width: 7), batchSize: Int = 3,
    classes: Int = 5, hasBias: Bool = true, scale: Float = 1, _ body: (inout Graph) -> Int
  ) {
    testDescription = "\(description), \(input.height)×\(input.width), batch \(batchSize)"
    self.batchSize = batchSize
    var graph = Graph(input: input)
    let last = body(&graph)
    graph.append(.linear(features: classes, hasBias: hasBias, scale: scale), named: "linear", on: last)
    self.graph = graph
  }
}

extension Graph {
  /// Appends a convolution.
  mutating func convolve(
    _ name: String, _ input: Int, to channels: Int, kernel: Int = 1, stride: Int = 1
  ) -> Int {
    append(.convolution(channels: channels, kernel: kernel, stride: stride), named: name, on: input)
  }
}

extension GraphCase {
  /// Convolutions of every kernel and stride: over channels, over maps, over batches, and on the images themselves.
  static let convolutions: [GraphCase] = {
    var cases: [GraphCase] = []
    for kernel in [1, 3, 5, 7] {
      for stride in [1, 2, 3] {
        func add(_ channels: (Int, Int), side: (Int, Int) = (5, 7), batchSize: Int = 3) {
          let name = "kernel \(kernel), stride \(stride), \(channels.0) → \(channels.1)"
          let input = Shape(channels: 3, height: side.0, width: side.1)
          cases.append(
            GraphCase(name, input, batchSize: batchSize) { graph in
              let first = graph.convolve("first", 0, to: channels.0)
              return graph.convolve("conv", first, to: channels.1, kernel: kernel, stride: stride)
            })
        }
        for channels in [(1, 3), (3, 16), (16, 17), (17, 34), (34, 64), (64, 1)] { add(channels) }
        add((17, 16), side: (9, 9), batchSize: 1)
        add((16, 17), side: (32, 32), batchSize: 1)
        add((16, 17), batchSize: 128)
        for channels in [1, 3] {
          cases.append(
            GraphCase(
              "kernel \(kernel), stride \(stride), images → 17", Shape(channels: channels, height: 9, width: 9)
            ) { $0.convolve("conv", 0, to: 17, kernel: kernel, stride: stride) })
        }
      }
    }
    return cases
  }()

  /// Even kernels, maps without padding, biases, and filters that nobody trains.
  static let settings: [GraphCase] = {
    var cases: [GraphCase] = []
    for isPadded in [true, false] {
      for kernel in [2, 3, 4] {
        for hasBias in [false, true] {
          let settings = Operation.Convolution(channels: 24, kernel: kernel, isPadded: isPadded, hasBias: hasBias)
          let name = "kernel \(kernel)\(isPadded ? ", padded" : "")\(hasBias ? ", bias" : "")"
          cases.append(
            GraphCase("\(name), images") { graph in
              graph.append(.convolution(settings), named: "conv", on: 0)
            })
          cases.append(
            GraphCase("\(name), batch norm") { graph in
              let first = graph.convolve("first", 0, to: 17)
              let conv = graph.append(.convolution(settings), named: "conv", on: first)
              return graph.append(.batchNorm, named: "bn", on: conv)
            })
        }
      }
      let whitening = Operation.Convolution(
        channels: 24, kernel: 2, isPadded: isPadded, hasBias: true, filters: .whitening)
      for activation in Activation.allCases {
        cases.append(
          GraphCase("whitening and \(activation)\(isPadded ? ", padded" : "")") { graph in
            let conv = graph.append(.convolution(whitening), named: "conv", on: 0)
            return graph.append(.activation(activation), named: "act", on: conv)
          })
      }
      cases.append(
        GraphCase("whitening alone\(isPadded ? ", padded" : "")") { graph in
          graph.append(.convolution(whitening), named: "conv", on: 0)
        })
    }
    let norms = [BatchNorm(trainsScale: false), BatchNorm(epsilon: 0.5, momentum: 0.4)]
    cases += norms.flatMap { norm in
      [16, 17].map { channels in
        GraphCase("batch norm of \(channels), epsilon \(norm.epsilon), trains scale: \(norm.trainsScale)") { graph in
          let first = graph.convolve("first", 0, to: channels)
          return graph.append(.relu, named: "relu", on: graph.append(.batchNorm(norm), named: "bn", on: first))
        }
      }
    }
    return cases
  }()

  /// Maxima, and what is computed with them.
  static let maxima: [GraphCase] = [1, 16, 34].flatMap { channels in
    [(2, 2), (2, 1), (3, 1), (3, 2), (3, 3), (5, 1), (1, 2)].flatMap { kernel, stride in
      [
        GraphCase("maximum of \(kernel), stride \(stride), of \(channels)") { graph in
          let first = graph.convolve("first", 0, to: channels)
          return graph.append(.maxPool(kernel: kernel, stride: stride), named: "pool", on: first)
        },
        GraphCase("maximum of \(kernel), stride \(stride), of \(channels), batch norm and ReLU", batchSize: 5) {
          graph in
          let first = graph.convolve("first", 0, to: channels)
          let pool = graph.append(.maxPool(kernel: kernel, stride: stride), named: "pool", on: first)
          return graph.append(.relu, named: "relu", on: graph.append(.batchNorm, named: "bn", on: pool))
        },
        GraphCase("maximum of \(kernel), stride \(stride), of \(channels), with another reader") { graph in
          let first = graph.convolve("first", 0, to: channels)
          let pool = graph.append(.maxPool(kernel: kernel, stride: stride), named: "pool", on: first)
          let norm = graph.append(.batchNorm, named: "bn", on: pool)
          return graph.append(.add, named: "add", on: graph.append(.activation(.gelu), named: "gelu", on: norm), pool)
        },
      ]
    }
  }

  /// Squeeze-and-excitation of few and many channels, alone and as the end of a block's branch.
  static let squeezes: [GraphCase] = [(1, 1), (16, 1), (34, 3), (64, 17)].flatMap { channels, hidden in
    [
      GraphCase("squeeze \(channels) to \(hidden)") { graph in
        graph.append(
          .squeezeExcitation(hidden: hidden), named: "se", on: graph.convolve("first", 0, to: channels))
      },
      GraphCase("squeeze \(channels) to \(hidden), batch norm, sum and ReLU", batchSize: 5) { graph in
        let first = graph.convolve("first", 0, to: channels)
        let norm = graph.append(.batchNorm, named: "bn", on: graph.convolve("conv", first, to: channels, kernel: 3))
        let squeeze = graph.append(.squeezeExcitation(hidden: hidden), named: "se", on: norm)
        return graph.append(.relu, named: "relu", on: graph.append(.add, named: "add", on: squeeze, first))
      },
    ]
  }

  /// Activations, alone and behind what they are computed with.
  static let activations: [GraphCase] = Activation.allCases.flatMap { activation in
    [1, 16, 34].flatMap { channels in
      [
        GraphCase("\(activation) of \(channels)") { graph in
          graph.append(.activation(activation), named: "act", on: graph.convolve("first", 0, to: channels))
        },
        GraphCase("batch norm and \(activation) of \(channels)", batchSize: 128) { graph in
          let norm = graph.append(.batchNorm, named: "bn", on: graph.convolve("first", 0, to: channels))
          return graph.append(.activation(activation), named: "act", on: norm)
        },
        GraphCase("batch norm, \(activation) and convolution of \(channels)") { graph in
          let norm = graph.append(.batchNorm, named: "bn", on: graph.convolve("first", 0, to: channels))
          return graph.convolve(
            "conv", graph.append(.activation(activation), named: "act", on: norm), to: 17, kernel: 3)
        },
        GraphCase("\(activation) of batch norm and another of \(channels)") { graph in
          let first = graph.convolve("first", 0, to: channels)
          let norm = graph.append(.batchNorm, named: "bn", on: graph.convolve("conv", first, to: channels, kernel: 3))
          let sum = graph.append(.add, named: "add", on: norm, first)
          return graph.append(.activation(activation), named: "act", on: sum)
        },
        GraphCase("\(activation) of two batch norms of \(channels)") { graph in
          let norms = ["left", "right"].map {
            graph.append(.batchNorm, named: "\($0).bn", on: graph.convolve($0, 0, to: channels, kernel: 3))
          }
          let sum = graph.append(.add, named: "add", on: norms[0], norms[1])
          return graph.append(.activation(activation), named: "act", on: sum)
        },
        GraphCase("two readers of \(activation) of \(channels)") { graph in
          let norm = graph.append(.batchNorm, named: "bn", on: graph.convolve("first", 0, to: channels))
          let value = graph.append(.activation(activation), named: "act", on: norm)
          return graph.append(.add, named: "add", on: graph.convolve("conv", value, to: channels, kernel: 3), value)
        },
      ]
    }
  }

  /// The other operations, each alone between a convolution and the classifier.
  static let pointwise: [GraphCase] = [1, 3, 16, 17, 34, 64].flatMap { channels in
    [
      GraphCase("batch norm of \(channels)") { graph in
        graph.append(.batchNorm, named: "bn", on: graph.convolve("first", 0, to: channels))
      },
      GraphCase("pool 3 of \(channels)", batchSize: 1) { graph in
        graph.append(.averagePool(kernel: 3), named: "pool", on: graph.convolve("first", 0, to: channels))
      },
      GraphCase("pool 9 of \(channels)", Shape(channels: 3, height: 9, width: 9)) { graph in
        graph.append(.averagePool(kernel: 9), named: "pool", on: graph.convolve("first", 0, to: channels))
      },
      GraphCase("linear of \(channels)", Shape(channels: 1, height: 9, width: 9), classes: 17) { graph in
        graph.convolve("first", 0, to: channels)
      },
      GraphCase("linear without bias of \(channels)", hasBias: false) { graph in
        graph.convolve("first", 0, to: channels)
      },
      GraphCase("scaled linear of \(channels)", scale: 0.125) { graph in graph.convolve("first", 0, to: channels) },
    ]
  }
}
