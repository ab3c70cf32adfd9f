// Describe a network, train it, test it: all that is needed to use tpsnet as a library.
// Run: swift run -c release example-train (images from `tpsnet data download`, or those in TPSNET_DATA)
import Datasets
import Models
import OneDNNBackend
import Training

var configuration = Configuration(model: ResNetSpec(stem: 8, widthFactor: 2, blocks: [1, 1, 1]))
configuration.data.validation = 0
configuration.training.epochs = 1
let data = try configuration.loadDataset(from: .resolve())
let backend = try OneDNNBackend()
let run = try RunDirectory.unused(stem: "example")
let trainer = try Trainer(configuration, dataset: data, backend: backend, run: run) { event in
  if case .epochEnded(let epoch, _) = event { print("epoch \(epoch.epoch): loss \(epoch.trainLoss)") }
}
_ = try trainer.train()
print("test accuracy", try Evaluator(weights: run.chosenWeights, backend: backend, set: data.test).evaluate().accuracy)
