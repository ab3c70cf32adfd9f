// Pictures judged by weights: as an evaluation of the same images would,
// and with an eye on where the evidence is.
import Compute
import Datasets
import Foundation
import Models
import TestSupport
import Testing
import Training

@Suite struct ClassifierTests {
  let graph: Graph
  let store: ParameterStore
  let info: CheckpointInfo

  init() throws {
    (store, graph) = try Tiny.store()
    info = CheckpointInfo(model: Tiny.model, normalization: .study, classNames: Tiny.classes)
  }

  private func picture(_ set: ImageSet, _ index: Int) throws -> DecodedImage {
    let planes = Array(set.pixels[index * 192..<(index + 1) * 192])
    return try DecodedImage(
      pixels: (0..<64).flatMap { (index: Int) -> [UInt8] in
        [planes[index], planes[64 + index], planes[128 + index]]
      }, width: 8, height: 8)
  }

  @Test(arguments: [1, 3, 8])
  func guessesAreThoseOfAnEvaluation(batchSize: Int) throws {
    let set = try Tiny.images(7, seed: 3)
    let plan = try ReferenceBackend().compileInference(
      graph, batchSize: 7, precision: .fp32, foldsBatchNorm: false, parameters: store)
    let evaluation = try Evaluator(
      plan, classes: 4, set: set, indices: Array(0..<7), normalization: .study
    ).evaluate()
    let classifier = try Classifier(graph, store, info, backend: ReferenceBackend(), batchSize: batchSize)
    let guesses = try classifier.classify(try (0..<7).map { try picture(set, $0) })
    #expect(guesses.count == 7)
    for (image, guesses) in guesses.enumerated() {
      let logits = evaluation.logits[image * 4..<image * 4 + 4].map(Double.init)
      let total = logits.reduce(0) { $0 + exp($1) }
      #expect(guesses.map(\.label).sorted() == [0, 1, 2, 3])
      #expect(zip(guesses, guesses.dropFirst()).allSatisfy { $0.probability >= $1.probability })
      for guess in guesses {
        #expect(abs(guess.probability - exp(logits[guess.label]) / total) < 1e-5)
        #expect(guess.name == Tiny.classes[guess.label])
      }
    }
    #expect(try classifier.classify([]).isEmpty)
    for size in [0, 191, 193] {
      let text = failure { _ = try classifier.classify(images: [[UInt8](repeating: 0, count: size)]) }
      #expect(text?.contains("3×8×8") == true)
    }
  }

  @Test func weightsWithoutNamesNumberThem() throws {
    var bare = info
    bare.classNames = []
    let classifier = try Classifier(graph, store, bare, backend: ReferenceBackend())
    #expect(classifier.classNames == ["class 0", "class 1", "class 2", "class 3"])
  }

  @Test func otherImagesAreRefused() throws {
    var model = Tiny.model
    model.input.width = 10
    let graph = try model.graph()
    let text = failure { _ = try Classifier(graph, graph.store(seed: 1), info, backend: ReferenceBackend()) }
    #expect(text?.contains("3×8×10") == true)
  }

  @Test func saliencyFindsTheEvidence() throws {
    // A network that sums red: only the bright corner speaks for class 0.
    let graph = try ResNetSpec(
      input: Shape(channels: 3, height: 8, width: 8), stem: .init(channels: 1, kernel: 1),
      layers: [.init(blocks: 1, channels: 1, kernel: 1, stride: 1)], pool: 8, classes: 2
    ).graph()
    let store = ParameterStore(graph)
    store.initialize(seed: 0)
    func set(_ name: String, _ values: [Float]) { _ = store.values(of: name).update(fromContentsOf: values) }
    set("conv1.weight", [1, 0, 0])
    for name in ["conv1", "conv2"] { set("layer1.0.\(name).weight", [0]) }
    set("linear.weight", [8, -8])
    set("linear.bias", [0, 0])
    let pixels = (0..<64).flatMap { (index: Int) -> [UInt8] in
      let isCorner = index % 8 < 2 && index / 8 < 2
      return [isCorner ? 255 : 100, 0, 0]
    }
    let classifier = try Classifier(
      graph, store, CheckpointInfo(model: Tiny.model, normalization: .study, classNames: ["a", "b"]),
      backend: ReferenceBackend(), batchSize: 4)
    let saliency = try Saliency(of: DecodedImage(pixels: pixels, width: 8, height: 8), label: 0, classifier)
    let best = try #require(saliency.values.indices.max { saliency.values[$0] < saliency.values[$1] })
    #expect(best == 0)
    #expect(saliency.values[0] > 2 * max(0, saliency.values[63]))
    let overlay = try saliency.overlay()
    #expect(overlay.width == 256 && overlay.height == 256)
    #expect(overlay.pixels[0] > overlay.pixels[3 * (256 * 256 - 1)])
  }
}
