// A search with a measure of one's own: networks that are accurate and take little computing at the same time.
// Run: swift run -c release example-search (images from `tpsnet data download`, or those in TPSNET_DATA)
import Datasets
import Models
import OneDNNBackend
import Search
import Training

let space = """
  preset: tpsnet
  data.limitTrain: 2000
  data.validation: 100
  model.layers: { low: 1, high: 2 }
  model.layers[i].blocks: [1, 2]
  model.stem.channels: { low: 4, high: 16 }
  model.pool: 4
  optimizer.learningRate: { low: 1e-3, high: 1e-1, log: true }
  training.batchSize: 32
  """
let definition = try StudyDefinition(space: space, origin: "example", epochs: 1, pruner: .none, trials: 6)
let proposer = try definition.proposer()
let storage = MemoryStorage()  // DatabaseStorage(url: "study.db") lasts, and other workers may join it.
let study = try storage.createStudy(named: "example", attributes: [StudyDefinition.attribute: definition.json()])
let data = try proposer.space.base.dataset(from: .resolve())
let backend = try OneDNNBackend()

let worker = Worker(on: study, in: storage, proposer: proposer) { run in
  var configuration = try proposer.configuration(of: run.trial)
  try configuration.fillNormalization(from: data)
  let trainer = try Trainer(
    configuration, dataset: data, backend: backend, run: .unused(stem: "trial"), isInterrupted: { run.hasToStop })
  guard case .finished(let result) = try trainer.train() else { return .interrupted }
  let cost = try configuration.model.graph().multiplyAdds
  return .complete((result.validationAccuracy ?? 0) - 0.01 * Double(cost) / 1e6)
}
_ = try worker.run()

for trial in Trial.ranked(try storage.trials(in: study.id, states: nil)).prefix(3) {
  let network = try proposer.configuration(of: trial).model
  print("trial \(trial.number): \(trial.value ?? 0), \(try network.graph().parameterCount) parameters")
}
