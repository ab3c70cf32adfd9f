// The reference behind the backend's contract: what reaches the store, what is refused.
import Compute
import Models
import TestSupport
import Testing

@Suite struct ReferenceBackendTests {
  let backend = ReferenceBackend()

  /// A store with the case's numbers, and its batch in Float.
  static func make(
    _ item: NetworkCase
  ) throws -> (graph: Graph, store: ParameterStore, images: [Float], labels: [Int32]) {
    let (graph, parameters, images, labels) = try item.make()
    let store = ParameterStore(graph)
    for (name, tensor) in parameters.tensors {
      _ = store.values(of: name).update(fromContentsOf: tensor.data.map(Float.init))
    }
    return (graph, store, images.data.map(Float.init), labels.map(Int32.init))
  }

  @Test(arguments: NetworkCase.all) func aStepIsTheNetworksPassRounded(of item: NetworkCase) throws {
    let (graph, parameters, images, labels) = try item.make()
    let pass = try ReferenceNetwork(graph).train(
      images: images, labels: labels, parameters: parameters, options: item.options)
    let (_, store, pixels, classes) = try Self.make(item)
    let plan = try backend.compileTraining(graph, batchSize: item.images, precision: .fp32, parameters: store)
    let result = try plan.run(pixels, classes, item.options)
    #expect(result == StepResult(loss: Float(pass.loss), correct: pass.correct))
    #expect(Array(plan.logits) == pass.logits.data.map(Float.init))
    #expect(plan.memoryBytes == 4 * item.images * graph.classes)
    for spec in graph.tensors {
      if spec.isTrainable {
        #expect(try Array(store.gradient(of: spec.name)) == pass.gradients.tensor(spec.name).data.map(Float.init))
        #expect(try Array(store.values(of: spec.name)) == parameters.tensor(spec.name).data.map(Float.init))
      } else if spec.isFrozen {
        #expect(try Array(store.values(of: spec.name)) == parameters.tensor(spec.name).data.map(Float.init))
      } else {
        #expect(try Array(store.values(of: spec.name)) == pass.statistics.tensor(spec.name).data.map(Float.init))
      }
    }
  }

  @Test func stepsRepeatWithTheirDropoutSeed() throws {
    let item = NetworkCase.all[1]
    let losses = try ([5, 5, 6] as [UInt64]).map { seed in
      let (graph, store, images, labels) = try Self.make(item)
      let plan = try backend.compileTraining(graph, batchSize: item.images, precision: .fp32, parameters: store)
      return try plan.run(images, labels, StepOptions(dropoutSeed: seed)).loss
    }
    #expect(losses[0] == losses[1])
    #expect(losses[0] != losses[2])
  }

  @Test(arguments: NetworkCase.all) func inferenceIsTheSameFoldedAndFollowsTheStore(of item: NetworkCase) throws {
    let (graph, store, images, _) = try Self.make(item)
    let plans = try [false, true].map {
      try backend.compileInference(
        graph, batchSize: item.images, precision: .fp32, foldsBatchNorm: $0, parameters: store)
    }
    let before = try plans.map { try $0.run(images) }
    let size = before[0].map(abs).max() ?? 0
    #expect(zip(before[0], before[1]).allSatisfy { abs($0 - $1) <= 1e-6 * size })
    #expect(plans[0].memoryBytes > plans[1].memoryBytes)

    for name in ["linear.weight", "linear.bias"] {
      let values = store.values(of: name)
      for index in values.indices { values[index] *= 2 }
    }
    #expect(try plans[1].run(images) == before[1])
    try plans[1].loadParameters()
    #expect(try zip(plans[1].run(images), before[1]).allSatisfy { abs($0 - 2 * $1) <= 1e-5 * size })
  }

  @Test func badBatchesAreRefusedAndLeaveTheStoreAlone() throws {
    let (graph, store, images, labels) = try Self.make(NetworkCase.all[1])
    let plan = try backend.compileTraining(graph, batchSize: 3, precision: .fp32, parameters: store)
    let values = Array(store.values.elements)
    for (images, labels) in [
      (Array(images.dropLast()), labels), (images, [0, 1]), (images, [0, 1, 5]), (images, [-1, 0, 1]), ([], []),
    ] as [([Float], [Int32])] {
      #expect(throws: ComputeError.self) { try plan.run(images, labels, StepOptions()) }
    }
    #expect(Array(store.values.elements) == values)
    #expect(store.gradients.elements.allSatisfy { $0 == 0 })
    let inference = try backend.compileInference(
      graph, batchSize: 3, precision: .fp32, foldsBatchNorm: false, parameters: store)
    #expect(throws: ComputeError.self) { try inference.run(Array(images.dropLast())) }
  }

  @Test func labelsOutOfRangeAreNamed() throws {
    let (graph, store, images, _) = try Self.make(NetworkCase.all[1])
    let plan = try backend.compileTraining(graph, batchSize: 3, precision: .fp32, parameters: store)
    #expect(throws: ComputeError.invalidBatch("label 7 of image 1 is out of range: use 0 to 4")) {
      try plan.run(images, [0, 7, 1], StepOptions())
    }
  }

  @Test func impossiblePlansAreRefused() throws {
    let (graph, store, _, _) = try Self.make(NetworkCase.all[0])
    let other = ParameterStore(try NetworkCase.all[1].spec.graph())
    for (batch, precision, parameters) in [(1, .bf16, store), (0, .fp32, store), (1, .fp32, other)]
      as [(Int, Precision, ParameterStore)]
    {
      #expect(throws: ComputeError.self) {
        try backend.compileTraining(graph, batchSize: batch, precision: precision, parameters: parameters)
      }
      #expect(throws: ComputeError.self) {
        try backend.compileInference(
          graph, batchSize: batch, precision: precision, foldsBatchNorm: true, parameters: parameters)
      }
    }
    let bf16 = ComputeError.unsupportedPrecision(.bf16, "the reference computes in double precision only; use fp32")
    #expect(bf16.description.hasPrefix("unsupported precision bf16: "))
  }
}
