// `tpsnet export`: a network for other programs: ONNX to run it, safetensors to go on with it in PyTorch.
import ArgumentParser
import Compute
import Datasets
import Foundation
import Models
import Formats
import Reports
import Training

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a network for other programs: ONNX, or safetensors for PyTorch.",
    discussion: """
      onnx: opset \(ONNXModel.operatorSet), input images (batch × channels × height × width), output logits.
      safetensors: a checkpoint, which says itself what it is for. pytorch-names: a plain state_dict, for \
      module.load_state_dict(safetensors.torch.load_file(path)).

      EXAMPLE
        tpsnet export --run sprint-1 --to onnx model.onnx \\
            --fold-batch-norm --with-preprocessing uint8
        tpsnet export --run sprint-1 --to pytorch-names state.safetensors
      """)

  enum Target: String, ExpressibleByArgument, CaseIterable {
    case onnx, safetensors
    case pytorchNames = "pytorch-names"
  }

  enum Preprocessing: String, ExpressibleByArgument, CaseIterable { case uint8, float }

  @OptionGroup var source: WeightsOptions
  @Option(name: .customLong("to"), help: "onnx, safetensors or pytorch-names.")
  var target: Target
  @Argument(help: ArgumentHelp("The file to write.", valueName: "out"), transform: path)
  var output: String
  @Option(help: "safetensors, pytorch-names: fp32, or bf16 for filters and matrices in half the room.")
  var dtype: Precision = .fp32
  @Option(
    name: .customLong("note"),
    help: ArgumentHelp("safetensors: add to what the file says of itself.", valueName: "key=value"))
  var notes: [Assignment] = []
  @Flag(help: "ONNX: multiply batch normalisations into the convolutions before them.")
  var foldBatchNorm = false
  @Option(help: "ONNX: let the model normalise bytes of 0…255 (uint8) or floats of 0…1 (float).")
  var withPreprocessing: Preprocessing?

  func validate() throws {
    if target != .onnx, foldBatchNorm || withPreprocessing != nil {
      throw ValidationError("--fold-batch-norm and --with-preprocessing belong to --to onnx")
    }
    if target == .onnx, dtype != .fp32 {
      throw ValidationError("--dtype bf16 belongs to safetensors and pytorch-names")
    }
    if target == .pytorchNames, ["pt", "pth"].contains(URL(fileURLWithPath: output).pathExtension) {
      throw ValidationError("\(output): pytorch-names writes safetensors, which torch.load cannot read: name it so")
    }
    if target != .safetensors, !notes.isEmpty { throw ValidationError("--note belongs to --to safetensors") }
    let taken = CheckpointInfo.describingKeys.union([SafetensorsFile.checksumKey])
    if let own = notes.first(where: { taken.contains($0.key) }) {
      throw ValidationError("--note \(own.key)=…: that key describes the weights: choose another")
    }
  }

  func run() throws {
    let loaded = try source.load()
    let run = try source.directory().map(OutputFile.files) ?? []
    try OutputFile.demand("the output", output, isNoneOf: [loaded.file] + run)
    let url = URL(fileURLWithPath: output)
    switch target {
    case .safetensors:
      var info = loaded.info
      for note in notes { info.notes[note.key] = note.value }
      try Checkpoint.save(loaded.parameters, info: info, steps: info.steps, as: dtype, to: url)
    case .pytorchNames:
      try Checkpoint.stateDictionary(loaded.parameters, steps: loaded.info.steps, as: dtype).write(to: url)
    case .onnx:
      let images = withPreprocessing.flatMap { ONNXExport.Images(rawValue: $0.rawValue) } ?? .normalized
      let model = try ONNXExport.model(
        of: loaded.graph, parameters: loaded.parameters, info: loaded.info, images: images,
        foldsBatchNorm: foldBatchNorm)
      try AtomicFile.write(model.serialized(), to: url)
    }
    Console.out("\(output): \(Format.grouped(loaded.graph.parameterCount)) parameters")
    if target == .onnx { Console.out("images: \(input(loaded.info.normalization))") }
  }

  /// What the ONNX model wants to be given.
  private func input(_ normalization: Normalization) -> String {
    func list(_ values: [Float]) -> String { values.map { "\($0)" }.joined(separator: ", ") }
    switch withPreprocessing {
    case .uint8: return "bytes of 0…255, which it normalises"
    case .float: return "floats of 0…1, which it normalises"
    case nil:
      return "floats of 0…1 less the mean (\(list(normalization.mean))), by the deviation "
        + "(\(list(normalization.standardDeviation)))"
    }
  }
}

extension Assignment: ExpressibleByArgument {
  /// `key=value`.
  public init?(argument: String) { self.init(argument) }
}
