// `tpsnet import`: weights from PyTorch become a checkpoint of ours, with all that is needed to use them
// in its metadata.
import ArgumentParser
import Datasets
import Foundation
import Models
import Reports
import Training

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import weights from PyTorch: a state_dict in a .pt or safetensors file.",
    discussion: """
      The network's description comes from the file's metadata, else from --preset or --config, else from the tensors' \
      shapes; strides and pool then follow the family's law and are printed. Nothing in the file is executed.

      EXAMPLE
        tpsnet import checkpoint.pt weights.safetensors
        tpsnet import my.pt mine.safetensors --config my.yaml --class-names cat,dog
      """)

  @Argument(help: "A file that torch.save wrote (also {\"state_dict\": …} and the like), or a safetensors file.")
  var file: String
  @Argument(help: "The checkpoint to write.", transform: path)
  var output: String
  @OptionGroup var options: ConfigurationOptions
  @Option(help: ArgumentHelp("Names of the classes, in the order of the logits.", valueName: "a,b,…"))
  var classNames: String?
  @Flag(help: "Print one JSON document.")
  var json = false

  private struct Result: Encodable {
    let output: String
    let parameters: Int
    let model: ResNetSpec
    let normalization: Normalization
    let classNames: [String]
  }

  func run() throws {
    let source = URL(fileURLWithPath: file)
    try OutputFile.demand("the output", output, isNoneOf: [source] + options.files)
    let configuration = try options.fallback(for: source) ?? Configuration.resolve([])
    var (parameters, graph, info) = try options.load(weights: source)
    info.classNames = try names(info, configuration)
    info.dataset = try info.dataset ?? options.dataset(for: info.model)
    info.notes["source"] = source.lastPathComponent
    try Checkpoint.save(parameters, info: info, steps: info.steps, to: URL(fileURLWithPath: output))

    let result = Result(
      output: output, parameters: graph.parameterCount, model: info.model, normalization: info.normalization,
      classNames: info.classNames)
    if json { return try Console.json(result) }
    Console.out("\(output): \(Format.grouped(result.parameters)) parameters")
    Console.out("network: \(info.model.shortDescription)")
    Console.out("images: mean \(info.normalization.mean), deviation \(info.normalization.standardDeviation)")
    Console.out("classes: " + (info.classNames.isEmpty ? "unnamed" : info.classNames.joined(separator: ", ")))
  }

  /// The names that were given, those of the file, or those of the configuration's data set where their number fits.
  private func names(_ info: CheckpointInfo, _ configuration: Configuration) throws -> [String] {
    if let classNames {
      let names = classNames.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard names.count == info.model.classes, !names.contains(""), Set(names).count == names.count else {
        throw ConfigurationError(
          "--class-names: \(Set(names).count) different names for \(info.model.classes) classes: name each")
      }
      return names
    }
    guard info.classNames.isEmpty else { return info.classNames }
    let names = try DatasetSource(parsing: configuration.data.dataset).classNames ?? []
    guard names.count == info.model.classes else { return [] }
    Console.error(
      "the file names no classes: they are taken for those of \(configuration.data.dataset) (--class-names)")
    return names
  }
}

extension ResNetSpec {
  /// The network's numbers in one line.
  fileprivate var shortDescription: String {
    let layers = layers.map { layer in
      "\(layer.blocks) × \(layer.channels) channels (kernel \(layer.kernel), skip \(layer.skipKernel), "
        + "stride \(layer.stride))"
    }
    return "\(input.height)×\(input.width) images, \(activation), stem \(stem.channels) (kernel \(stem.kernel)); "
      + "\(layers.joined(separator: ", ")); pool \(pool) (stride 1), \(classes) classes"
  }
}
