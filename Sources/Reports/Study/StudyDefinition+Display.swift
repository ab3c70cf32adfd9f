// A study's definition in words, and as the command that makes it again.
// Only what differs from the command's own defaults is written.
import Search
import Training

extension StudyDefinition {
  /// What the study is, beside its space.
  var facts: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = [
      ("epochs of a trial", "\(epochs)"), ("sampler", sampler.words), ("pruner", pruner.words),
      ("schedule's horizon", horizon == .trial ? "the whole trial" : "each rung"), ("seed", "\(seed)"),
    ]
    if !rungs.isEmpty, rungs.count <= 20 {
      facts.append(("rungs after epochs", rungs.map(String.init).joined(separator: ", ")))
    }
    if let parameters = budget.parameters { facts.append(("budget, parameters", Format.grouped(parameters))) }
    if let multiplyAdds = budget.multiplyAdds {
      facts.append(("budget, multiply-adds", Format.grouped(multiplyAdds)))
    }
    if let seconds = budget.secondsPerEpoch { facts.append(("budget, seconds an epoch", Format.significant(seconds))) }
    if let bytes = budget.memoryBytes { facts.append(("budget, memory", Format.mebibytes(bytes))) }
    facts += settings.compactMap { Assignment($0) }.map { ($0.key, $0.value) }
    if let trials { facts.append(("trials wanted", Format.grouped(trials))) }
    return facts
  }

  /// The command that makes the study, up to the storage.
  func command(study: String, trials count: Int) -> String {
    let isShipped = SearchSpace.shipped(named: origin) == space
    var words = ["tpsnet", "search", "run", "--study", study, "--space", isShipped ? origin : "space.yaml"]
    // The configuration was the space's own preset, or one that was given.
    func isOfThis(_ base: Configuration?) -> Bool {
      let made = try? StudyDefinition(space: space, origin: origin, base: base, settings: settings)
      // As values: a text may be older than a setting.
      return (try? made?.baseConfiguration()) == (try? baseConfiguration())
    }
    if !isOfThis(nil) {
      let preset = Preset.all.first { isOfThis($0.configuration) }
      words += preset.map { ["--preset", $0.name] } ?? ["--config", "base.yaml"]
    }
    var others = settings
    // `--images` is two settings, and remembers what the whole set would hold out.
    let limit = "data.limitTrain="
    if fullValidation != nil, others.count > 1, others[0].hasPrefix(limit) {
      words += ["--images", String(others[0].dropFirst(limit.count))]
      others.removeFirst(2)
    }
    words += others.flatMap { ["--set", $0] }
    words += ["--epochs", "\(epochs)", "--seed", "\(seed)", "--trials", "\(trials ?? count)"]
    words += sampler.flags + pruner.flags
    if horizon != .trial { words += ["--horizon", horizon.rawValue] }
    if let parameters = budget.parameters { words += ["--budget", "\(parameters)"] }
    if let multiplyAdds = budget.multiplyAdds { words += ["--budget-multiply-adds", "\(multiplyAdds)"] }
    if let seconds = budget.secondsPerEpoch { words += ["--budget-seconds", "\(seconds)"] }
    if let bytes = budget.memoryBytes { words += ["--budget-memory", "\(bytes)"] }
    return words.map(ShellText.quoted).joined(separator: " ")
  }
}

extension Sampler {
  fileprivate var words: String {
    switch self {
    case .random: "random"
    case .grid: "grid"
    case .tpe: "tree-structured Parzen estimators"
    }
  }

  fileprivate var flags: [String] {
    switch self {
    case .random: []
    case .grid: ["--sampler", "grid"]
    case .tpe: ["--sampler", "tpe"]
    }
  }
}

extension Pruner {
  fileprivate var words: String {
    switch self {
    case .none: "none: every trial is trained to its end"
    case .median: "below the median of the others"
    case .asha(let grace, let factor, let mode):
      "ASHA: from \(Format.counted(grace, "epoch")), 1 of \(factor) goes on, the others "
        + (mode == .pause ? "pause" : "stop")
    }
  }

  fileprivate var flags: [String] {
    switch self {
    case .none: return ["--pruner", "none"]
    case .median(let warmup, _): return ["--pruner", "median", "--grace", "\(warmup + 1)"]
    case .asha(let grace, let factor, let mode):
      return ["--pruner", "asha", "--grace", "\(grace)", "--reduction-factor", "\(factor)", "--asha", mode.rawValue]
    }
  }
}

/// Words as a shell reads them.
public enum ShellText {
  /// `text`, in quotes where a shell would read it otherwise.
  public static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty && text.allSatisfy { ($0.isASCII && ($0.isLetter || $0.isNumber)) || "-_./:=,+@%".contains($0) }
    return isPlain
      ? text : "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
  }
}
