// Learning from a trained network: the targets are its probabilities, an interruption is not seen,
// and one that does not fit the run is refused.
import Compute
import Datasets
import Foundation
import Models
import OneDNNBackend
import TestSupport
import Testing
import Training

@Suite struct TeacherTests {
  let folder: TemporaryFolder
  /// Weights of another network that has learnt a little.
  private let teacher: RunDirectory

  init() throws {
    folder = try TemporaryFolder()
    teacher = folder.run("teacher")
    var configuration = Tiny.configuration
    configuration.model = Tiny.groups
    configuration.training.epochs = 6
    _ = try TrainerRun(configuration, .fp32, teacher).result()
  }

  private var configuration: Configuration {
    var configuration = Tiny.configuration
    configuration.training.teacher = teacher.lastWeights.path
    return configuration
  }

  /// The loss of the first step, on all images at once, is that of targets made by hand: the teacher's softmax and, for
  /// the rest, the labels.
  @Test(arguments: [1, 0.25]) func targetsAreTheTeachersProbabilitiesAndTheLabels(share: Double) throws {
    var configuration = configuration
    configuration.augmentation = .none
    configuration.training.batchSize = 48
    configuration.training.epochs = 1
    configuration.training.labelSmoothing = 0.1
    configuration.training.teacherShare = share
    let run = folder.run()
    let result = try TrainerRun(configuration, .fp32, run).result()

    let images = try Tiny.dataset().train
    let trained = try images.subset(Split.stratified(labels: images.labels, validation: 16, seed: 0).train)
    let answers = try Evaluator(weights: teacher.lastWeights, backend: OneDNNBackend(threads: 1), set: trained)
      .evaluate().logits
    var shares = [Float](repeating: 0, count: 48 * 4)
    for (image, label) in trained.labels.enumerated() {
      let powers = answers[image * 4..<image * 4 + 4].map { exp(Double($0)) }
      for (index, power) in powers.enumerated() {
        let own: Double = index == Int(label) ? 1 : 0
        shares[image * 4 + index] = Float(share * power / powers.reduce(0, +) + (1 - share) * own)
      }
    }
    let graph = try configuration.model.graph()
    let start = ParameterStore(graph)
    start.initialize(seed: configuration.training.seed)
    let plan = try OneDNNBackend(threads: 1).compileTraining(
      graph, batchSize: 48, precision: .fp32, parameters: start)
    let pixels = try trained.normalized(Array(0..<48), by: configuration.normalization())
    let expected = try pixels.withUnsafeBufferPointer { pixels in
      try trained.labels.withUnsafeBufferPointer { labels in
        try shares.withUnsafeBufferPointer { shares in
          try plan.step(images: pixels, labels: labels, shares: shares, options: StepOptions(labelSmoothing: 0.1))
        }
      }
    }
    let record = try #require(result.history.first)
    #expect(abs(record.trainLoss - Double(expected.loss)) < 1e-4 * record.trainLoss)
    #expect(record.trainAccuracy == Double(expected.correct) / 48)
  }

  /// With mixed images, too.
  @Test func anInterruptionIsNotSeen() throws {
    var configuration = configuration
    configuration.augmentation.mixUp = 1
    configuration.training.teacherShare = 0.5
    let whole = TrainerRun(configuration, .fp32, folder.run("whole"))
    _ = try whole.result()
    let parted = TrainerRun(configuration, .fp32, folder.run("parted"))
    parted.interruption = 5
    _ = try parted.outcome()
    let rest = TrainerRun(configuration, .fp32, parted.run)
    rest.resumes = true
    _ = try rest.result()
    #expect(try Data(contentsOf: whole.run.lastWeights) == Data(contentsOf: parted.run.lastWeights))
  }

  @Test func otherWeightsInItsPlaceAreRefused() throws {
    let run = TrainerRun(configuration, .fp32, folder.run())
    run.interruption = 5
    _ = try run.outcome()
    var (parameters, _, info) = try Checkpoint.load(teacher.lastWeights)
    info.notes["word"] = "the same values, in a file that says more"
    try Checkpoint.save(parameters, info: info, steps: 24, to: teacher.lastWeights)
    run.resumes = true
    run.interruption = 6
    _ = try run.outcome()
    parameters.values(of: "linear.weight")[0] += 1
    try Checkpoint.save(parameters, info: info, steps: 24, to: teacher.lastWeights)
    #expect(
      failure { _ = try run.outcome() }?.hasSuffix(
        "the weights of training.teacher are not those that the run began with: bring these back, or begin a new run")
        == true)
  }

  @Test func itsOperationsCount() throws {
    let weights = try Teacher(weights: teacher.lastWeights)
    let own = configuration.trainingOperations(in: 1..<3)
    let answers = try 4 * Double(Tiny.groups.graph().multiplyAdds)
    #expect(configuration.trainingOperations(in: 1..<3, teacher: weights) == own + answers)
  }

  @Test func aTeacherThatDoesNotFitIsRefused() throws {
    func refusal(
      _ change: (inout CheckpointInfo) -> Void = { _ in }, to adjust: (inout Configuration) -> Void = { _ in }
    ) throws -> String? {
      var (parameters, _, info) = try Checkpoint.load(teacher.lastWeights)
      change(&info)
      try Checkpoint.save(parameters, info: info, steps: 24, to: folder.url.appendingPathComponent("changed"))
      var configuration = configuration
      configuration.training.teacher = folder.path("changed")
      adjust(&configuration)
      return failure { _ = try TrainerRun(configuration, .fp32, folder.run("refused")).outcome() }
    }
    #expect(
      try refusal(to: { $0.data.mean = [0.5, 0.5, 0.25] })?.contains("--set 'data.mean=[0.5, 0.5, 0.5]'") == true)
    let seen = try refusal(to: { $0.data.splitSeed = 3 })
    #expect(
      seen?.hasPrefix("training.teacher: ") == true && seen?.contains("of the 16 images held out are among") == true)
    let classes =
      "training.teacher: it has not learnt the classes of the data set, in their order: name weights that have"
    #expect(try refusal({ $0.classNames = ["a", "b", "c", "d"] }) == classes)
    #expect(try refusal({ $0.classNames.reverse() }) == classes)
    #expect(
      try refusal(to: { $0.training.teacherShare = 0 }) == "training.teacherShare: use a share above 0, at most 1")
    let given = failure {
      _ = try Trainer(configuration, dataset: Tiny.dataset(), backend: ReferenceBackend(), run: folder.run("refused"))
    }
    #expect(given?.hasSuffix("the trainer has to be given these weights, and no others") == true)
  }
}
