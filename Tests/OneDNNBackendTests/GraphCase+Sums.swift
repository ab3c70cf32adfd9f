// Networks in which values have several readers: sums, shortcuts in either order, branches of every kind.
// Here a backend that computes in place may overwrite what somebody still reads.
import Models

extension GraphCase {
  /// Sums as residual blocks have them, and values of up to three readers.
  static let sums: [GraphCase] = [16, 17].flatMap { channels in
    [
      GraphCase("identity shortcut of \(channels)") { graph in
        let first = graph.convolve("first", 0, to: channels)
        let branch = graph.convolve("conv", first, to: channels, kernel: 3)
        return graph.relu(graph.append(.add, named: "add", on: branch, first))
      },
      GraphCase("identity shortcut first of \(channels)", batchSize: 128) { graph in
        let first = graph.convolve("first", 0, to: channels)
        let branch = graph.convolve("conv", first, to: channels, kernel: 3)
        return graph.append(.add, named: "add", on: first, branch)
      },
      GraphCase("projection of \(channels)") { graph in
        let (branch, shortcut) = graph.projection(channels)
        return graph.relu(graph.append(.add, named: "add", on: branch, shortcut))
      },
      GraphCase("projection first of \(channels)", batchSize: 1) { graph in
        let (branch, shortcut) = graph.projection(channels)
        return graph.relu(graph.append(.add, named: "add", on: shortcut, branch))
      },
      GraphCase("three readers of \(channels)") { graph in
        let first = graph.relu(graph.convolve("first", 0, to: channels))
        let left = graph.convolve("left", first, to: channels, kernel: 3)
        let right = graph.convolve("right", first, to: channels, kernel: 5)
        let sum = graph.append(.add, named: "sum", on: left, right)
        return graph.relu(graph.append(.add, named: "add", on: sum, first), "relu2")
      },
    ]
  }

  /// Graphs that no residual network has, but that `Graph` can say.
  static let unusual: [GraphCase] = [
    GraphCase("ReLU before a sum") { graph in
      let left = graph.relu(graph.convolve("left", 0, to: 17, kernel: 3))
      return graph.append(.add, named: "add", on: left, graph.convolve("right", 0, to: 17))
    },
    GraphCase("sum read by ReLU and a convolution") { graph in
      let (branch, shortcut) = graph.projection(17)
      let sum = graph.append(.add, named: "add", on: branch, shortcut)
      let left = graph.relu(sum)
      return graph.append(.add, named: "add2", on: graph.convolve("right", sum, to: 17), left)
    },
    GraphCase("convolution read by batch norm and a sum") { graph in
      let first = graph.convolve("first", 0, to: 17)
      let norm = graph.append(.batchNorm, named: "bn", on: first)
      return graph.append(.add, named: "add", on: norm, first)
    },
    GraphCase("batch norm read by ReLU and a sum") { graph in
      let norm = graph.append(.batchNorm, named: "bn", on: graph.convolve("first", 0, to: 17))
      return graph.append(.add, named: "add", on: norm, graph.relu(norm))
    },
    GraphCase("shortcut read after its sum") { graph in
      let first = graph.convolve("first", 0, to: 17)
      let norm = graph.append(.batchNorm, named: "bn", on: graph.convolve("conv", 0, to: 17))
      let later = graph.append(.dropout(rate: 0), named: "dropout", on: first)
      let sum = graph.relu(graph.append(.add, named: "add", on: norm, first))
      return graph.append(.add, named: "add2", on: sum, later)
    },
    GraphCase("sums read by batch norms and by one another") { graph in
      var sum = graph.convolve("first", 0, to: 17)
      for name in ["a", "b", "c"] {
        let norm = graph.append(.batchNorm, named: "\(name).bn", on: sum)
        let conv = graph.convolve("\(name).conv", graph.relu(norm, "\(name).relu"), to: 17, kernel: 3)
        sum = graph.append(.add, named: "\(name).add", on: conv, sum)
      }
      return sum
    },
    GraphCase("twice the same") { graph in
      let first = graph.convolve("first", 0, to: 17)
      return graph.append(.add, named: "add", on: first, first)
    },
    GraphCase("sum of a sum") { graph in
      let (left, right) = (graph.convolve("left", 0, to: 17), graph.convolve("right", 0, to: 17))
      let sum = graph.append(.add, named: "add", on: left, right)
      return graph.append(.add, named: "add2", on: left, sum)
    },
    GraphCase("ReLU twice") { graph in
      graph.relu(graph.relu(graph.convolve("first", 0, to: 17)), "relu2")
    },
    GraphCase("dropout at rate 0 beside another reader") { graph in
      let first = graph.convolve("first", 0, to: 17)
      let dropout = graph.append(.dropout(rate: 0), named: "dropout", on: first)
      return graph.append(.add, named: "add", on: graph.relu(dropout), first)
    },
    GraphCase("batch norm of the images") { $0.append(.batchNorm, named: "bn", on: 0) },
    GraphCase("ReLU of the images") { $0.relu(0) },
    GraphCase("sum of the images") { $0.relu($0.append(.add, named: "add", on: 0, 0)) },
    GraphCase("convolution onto the images") { graph in
      let norm = graph.append(.batchNorm, named: "bn", on: graph.convolve("conv", 0, to: 3, kernel: 3))
      return graph.relu(graph.append(.add, named: "add", on: norm, 0))
    },
    GraphCase("dropout of the images at rate 0") { $0.append(.dropout(rate: 0), named: "dropout", on: 0) },
    GraphCase("pool of the images") { $0.append(.averagePool(kernel: 2), named: "pool", on: 0) },
    GraphCase("linear of the images") { _ in 0 },
  ]
}

extension Graph {
  fileprivate mutating func relu(_ input: Int, _ name: String = "relu") -> Int {
    append(.relu, named: name, on: input)
  }

  /// A normalised branch and a normalised shortcut, both of stride 2.
  fileprivate mutating func projection(_ channels: Int) -> (branch: Int, shortcut: Int) {
    let first = convolve("first", 0, to: 16)
    let branch = append(
      .batchNorm, named: "bn", on: convolve("conv", first, to: channels, kernel: 3, stride: 2))
    let shortcut = append(
      .batchNorm, named: "shortcut.1", on: convolve("shortcut.0", first, to: channels, stride: 2))
    return (branch, shortcut)
  }
}
