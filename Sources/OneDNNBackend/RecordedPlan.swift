// A plan ready to run: generated primitives, their arguments, and the memory between them.
// Running a range of steps allocates nothing.
internal import COneDNN
internal import Compute

/// Owner of the arena, the primitives and the memory objects of a compiled plan.
final class RecordedPlan {
  private enum Step {
    case primitive(OpaquePointer, ArraySlice<dnnl_exec_arg_t>)
    case kernel(() -> Void)
  }

  private let engine: Engine
  private let arena: Arena
  private var memories: [OpaquePointer] = []
  private var primitives: [OpaquePointer] = []
  private var memoryOfValue: [Int: OpaquePointer] = [:]
  private var addresses: [UnsafeMutableRawPointer?] = []
  private var steps: [Step] = []
  /// What each step is, for error messages.
  private let names: [String]
  /// Is told of each step that has run.
  var observer: StepObserver?

  init(_ builder: PlanBuilder) throws {
    engine = builder.engine
    names = builder.steps.map(\.name)
    let layout = Self.layOut(builder)
    arena = try Arena(byteCount: layout.bytes)
    addresses = builder.storages.indices.map { index in
      switch builder.storages[index] {
      case .planned, .persistent: arena.base + layout.offsets[index]
      case .external(let address): address
      case .slot: nil
      }
    }
    for step in builder.steps {
      let name = step.name
      switch step.work {
      case .primitive(let descriptor, let arguments):
        let primitive = try created("generate \(name)") { dnnl_primitive_create(&$0, descriptor.handle) }
        primitives.append(primitive)
        let bound = try arguments.map { dnnl_exec_arg_t(arg: $0.argument, memory: try memory(of: $0.value)) }
        steps.append(.primitive(primitive, bound[...]))
      case .kernel(let values, let body):
        let pointers = try values.map { value in
          guard let address = addresses[value.buffer] else {
            throw OneDNNError(description: "\(name): a kernel of ours cannot read what changes its place")
          }
          return address
        }
        steps.append(.kernel { body(pointers) })
      }
    }
  }

  deinit {
    for primitive in primitives { dnnl_primitive_destroy(primitive) }
    for memory in memories { dnnl_memory_destroy(memory) }
  }

  /// Bytes of the arena.
  var byteCount: Int { arena.byteCount }

  private static func layOut(_ builder: PlanBuilder) -> (offsets: [Int], bytes: Int) {
    var spans = [ClosedRange<Int>?](repeating: nil, count: builder.storages.count)
    for (step, recorded) in builder.steps.enumerated() {
      for value in recorded.work.values {
        spans[value.buffer] = min(spans[value.buffer]?.lowerBound ?? step, step)...step
      }
    }
    let wholeLife = 0...max(builder.steps.count, 1)
    return MemoryPlanner.plan(
      builder.storages.indices.map { index in
        switch builder.storages[index] {
        case .planned(let bytes): Lifetime(bytes: spans[index] == nil ? 0 : bytes, steps: spans[index] ?? 0...0)
        case .persistent(let bytes): Lifetime(bytes: bytes, steps: wholeLife)
        case .external, .slot: Lifetime(bytes: 0, steps: 0...0)
        }
      })
  }

  private func memory(of value: Value) throws -> OpaquePointer {
    if let known = memoryOfValue[value.id] { return known }
    let memory = try created("create memory") {
      dnnl_memory_create(
        &$0, value.descriptor.handle, engine.handle, addresses[value.buffer] ?? tpsnet_memory_none())
    }
    memories.append(memory)
    memoryOfValue[value.id] = memory
    return memory
  }

  /// Points the slot `value` at `address` for the runs to come.
  func set(_ value: Value, to address: UnsafeRawPointer) throws {
    guard let memory = memoryOfValue[value.id] else { return }
    try check(
      dnnl_memory_set_data_handle(memory, UnsafeMutableRawPointer(mutating: address)), "set memory handle")
  }

  /// The address of a value of the arena.
  func address(of value: Value) -> UnsafeMutableRawPointer? { addresses[value.buffer] }

  /// Runs the steps of `range` in order and waits for the last.
  func run(_ range: Range<Int>) throws {
    engine.claimThreads()
    for index in range { try observed(index) { try execute(steps[index], index) } }
    try check(dnnl_stream_wait(engine.stream), "wait for the stream")
  }

  /// A stream of oneDNN's OpenMP runtime has done the work when this returns.
  private func execute(_ step: Step, _ index: Int) throws {
    switch step {
    case .primitive(let primitive, let arguments):
      let status = arguments.withUnsafeBufferPointer {
        dnnl_primitive_execute(primitive, engine.stream, Int32($0.count), $0.baseAddress)
      }
      if status != dnnl_success { try check(status, names[index]) }
    case .kernel(let body):
      body()
    }
  }

  /// Does `body`, and tells the observer, where there is one, that it was step `index`.
  func observed<Result>(_ index: Int, _ body: () throws -> Result) rethrows -> Result {
    guard let observer else { return try body() }
    let start = ContinuousClock.now
    let result = try body()
    observer(index, start..<ContinuousClock.now)
    return result
  }
}
