// The fast backend: compiles graphs into recorded oneDNN primitives
// with layouts of oneDNN's choice and memory planned once.
internal import COneDNN
public import Compute
import Foundation
public import Models

/// Executes graphs on the CPU with oneDNN.
///
/// Plans of one backend share its stream: use them from one thread at a time.
public final class OneDNNBackend: Backend {
  let engine: Engine

  /// How this backend's plans convolve.
  public let convolutions: ConvolutionAlgorithms

  /// The most threads: those that OpenMP will ever give.
  private static let limit = min(1024, Int(omp_get_thread_limit()))

  /// OpenMP's number of threads before any backend set it for its thread.
  private static let available = {
    let threads = Int(omp_get_max_threads())
    // What OpenMP cannot read, such as an empty text, it ignores.
    let chosen = ProcessInfo.processInfo.environment["OMP_NUM_THREADS"]?.split(separator: ",").first
    let isChosen = chosen.flatMap { Int($0.filter { !$0.isWhitespace }) } ?? 0 > 0
    return min(isChosen ? threads : min(threads, Processors.available), limit)
  }()

  /// A backend of `threads` OpenMP threads; nil means `OMP_NUM_THREADS` or else all processors that the process is
  /// granted. Throws `OneDNNError`, also where the oneDNN that was loaded does not compute on OpenMP's threads.
  public init(threads: Int? = nil, convolutions: ConvolutionAlgorithms = .fastest) throws {
    // Asked for in any case, before this backend sets it.
    let available = Self.available
    let threads = threads ?? available
    guard (1...Self.limit).contains(threads) else {
      let reason = Self.limit < 1024 ? " (OMP_THREAD_LIMIT)" : ""
      throw OneDNNError(
        description: "\(threads) threads are out of range: use 1 to \(Self.limit)\(reason), by --threads or "
          + "training.threads")
    }
    let loaded = dnnl_version()?.pointee
    // Another one may have come first in the loader's path; its primitives could still run when they return.
    guard let loaded, loaded.cpu_runtime == DNNL_RUNTIME_OMP else {
      throw OneDNNError(
        description: "the oneDNN that was loaded does not run on OpenMP: unset LD_LIBRARY_PATH, or install another")
    }
    guard loaded.major == DNNL_VERSION_MAJOR, loaded.minor >= DNNL_VERSION_MINOR else {
      throw OneDNNError(
        description:
          "oneDNN \(Self.version) was loaded, and \(DNNL_VERSION_MAJOR).\(DNNL_VERSION_MINOR) or a later one "
          + "of this major version is needed: unset LD_LIBRARY_PATH, or build anew")
    }
    self.convolutions = convolutions
    engine = try Engine(threads: threads)
  }

  /// Number of threads that steps use.
  public var threads: Int { engine.threads }

  /// oneDNN's version, for instance `3.2.0`.
  public static var version: String {
    guard let version = dnnl_version()?.pointee else { return "unknown" }
    return "\(version.major).\(version.minor).\(version.patch)"
  }

  /// The widest instructions of this CPU that are used, for instance `AVX2`.
  public static var instructions: String {
    #if arch(x86_64)
      if has(dnnl_cpu_isa_avx512_core_amx) { return "AMX" }
      if has(dnnl_cpu_isa_avx512_core_bf16) { return "AVX-512 bf16" }
      if has(dnnl_cpu_isa_avx512_core) { return "AVX-512" }
      if has(dnnl_cpu_isa_avx2) { return "AVX2" }
      return has(dnnl_cpu_isa_avx) ? "AVX" : "SSE4.1"
    #elseif arch(arm64)
      return "NEON"
    #else
      return "scalar"
    #endif
  }

  /// Whether this CPU multiplies bfloat16 in hardware (AVX-512 bf16 or AMX); on arm64 nothing asks yet.
  public static var hasFastBF16: Bool {
    #if arch(x86_64)
      return has(dnnl_cpu_isa_avx512_core_bf16)
    #else
      return false
    #endif
  }

  #if arch(x86_64)
    /// Whether oneDNN uses these instructions here.
    private static func has(_ wanted: dnnl_cpu_isa_t) -> Bool {
      dnnl_get_effective_cpu_isa().rawValue & wanted.rawValue == wanted.rawValue
    }
  #endif

  /// The fastest precision that trains well on this CPU.
  public static var bestPrecision: Precision { hasFastBF16 ? .bf16 : .fp32 }

  /// See `Backend`.
  public var bestPrecision: Precision { Self.bestPrecision }

  /// See `Backend`. Throws `ComputeError` for what it refuses, also bf16 where the CPU lacks it, and `OneDNNError`.
  public func compileTraining(
    _ graph: Graph, batchSize: Int, precision: Precision, parameters: ParameterStore
  ) throws -> any TrainingPlan {
    try Self.demand(precision)
    try graph.checkTraining(batchSize: batchSize)
    engine.claimThreads()
    return try OneDNNTrainingPlan(
      graph, batchSize: batchSize, precision: precision, convolutions: convolutions, parameters: parameters,
      engine: engine)
  }

  /// See `Backend`. Throws `ComputeError` for what it refuses, also bf16 where the CPU lacks it, and `OneDNNError`.
  public func compileInference(
    _ graph: Graph, batchSize: Int, precision: Precision, foldsBatchNorm: Bool, parameters: ParameterStore
  ) throws -> any InferencePlan {
    try Self.demand(precision)
    try graph.checkInference(batchSize: batchSize)
    engine.claimThreads()
    return try OneDNNInferencePlan(
      graph, batchSize: batchSize, precision: precision, convolutions: convolutions, foldsBatchNorm: foldsBatchNorm,
      parameters: parameters, engine: engine)
  }

  private static func demand(_ precision: Precision) throws {
    if precision == .bf16, !hasFastBF16 {
      throw ComputeError.unsupportedPrecision(.bf16, "this CPU has no bf16 instructions; use fp32")
    }
  }
}
