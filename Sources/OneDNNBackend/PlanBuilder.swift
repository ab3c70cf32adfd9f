// Records a plan: steps in order, and the tensors that they touch. Nothing is allocated before
// `finish()`, which knows each tensor's lifetime by then.
internal import COneDNN
internal import Compute

/// A tensor of a plan: a buffer and the layout in which it is read. Two values may share a buffer (in place).
struct Value {
  let id: Int
  let buffer: Int
  let descriptor: MemoryDescriptor
}

/// What a step does, recorded.
enum Work {
  case primitive(PrimitiveDescriptor, [(argument: Int32, value: Value)])
  /// Work of our own on the values' memory.
  case kernel([Value], ([UnsafeMutableRawPointer]) -> Void)

  var values: [Value] {
    switch self {
    case .primitive(_, let arguments): arguments.map(\.value)
    case .kernel(let values, _): values
    }
  }
}

/// A step as it was recorded.
struct RecordedStep {
  let name: String
  let work: Work
  /// What profiles count it to; nil leaves that to `describeSteps`.
  let kind: StepKind?
}

/// The recorder.
final class PlanBuilder {
  /// Where a buffer's bytes are.
  enum Storage {
    /// In the arena, during the steps that touch it.
    case planned(bytes: Int)
    /// In the arena for the plan's whole life.
    case persistent(bytes: Int)
    /// Outside, at a fixed address.
    case external(UnsafeMutableRawPointer)
    /// Outside, at an address that each run sets.
    case slot
  }

  let engine: Engine
  private(set) var storages: [Storage] = []
  /// What has to run each time the parameters change.
  private(set) var loads: [RecordedStep] = []
  private var passes: [RecordedStep] = []
  private var isLoading = false
  private var values = 0
  private var reordered: [Int: [Value]] = [:]

  init(engine: Engine) {
    self.engine = engine
  }

  /// Everything in the order in which it runs, loads first.
  var steps: [RecordedStep] { loads + passes }

  private func record(_ step: RecordedStep) {
    isLoading ? loads.append(step) : passes.append(step)
  }

  /// Records what `body` does among the loads.
  func loading(_ body: () throws -> Void) rethrows {
    isLoading = true
    defer { isLoading = false }
    try body()
  }

  private func value(_ descriptor: MemoryDescriptor, _ storage: Storage) -> Value {
    storages.append(storage)
    values += 1
    return Value(id: values, buffer: storages.count - 1, descriptor: descriptor)
  }

  /// A new tensor, alive during the steps that touch it.
  func make(_ descriptor: MemoryDescriptor) -> Value {
    value(descriptor, .planned(bytes: descriptor.byteCount))
  }

  /// A new tensor that keeps its bytes between runs; `bytes`: more memory than its layout asks for.
  func makePersistent(_ descriptor: MemoryDescriptor, bytes: Int = 0) -> Value {
    value(descriptor, .persistent(bytes: max(bytes, descriptor.byteCount)))
  }

  /// A tensor at a fixed address.
  func makeExternal(_ descriptor: MemoryDescriptor, at address: UnsafeMutableRawPointer) -> Value {
    value(descriptor, .external(address))
  }

  /// A tensor whose address each run sets.
  func makeSlot(_ descriptor: MemoryDescriptor) -> Value {
    value(descriptor, .slot)
  }

  /// What `value`'s buffer holds after a step has overwritten it in place.
  func overwritten(_ value: Value) -> Value {
    values += 1
    return Value(id: values, buffer: value.buffer, descriptor: value.descriptor)
  }

  /// Records a primitive; its scratch memory is planned like any other tensor.
  func run(
    _ name: String, _ descriptor: PrimitiveDescriptor,
    _ arguments: [(argument: Int32, value: Value)]
  ) throws {
    var arguments = arguments
    let scratchpad = try descriptor.scratchpad()
    if scratchpad.byteCount > 0 { arguments.append((DNNL_ARG_SCRATCHPAD, make(scratchpad))) }
    record(RecordedStep(name: name, work: .primitive(descriptor, arguments), kind: nil))
  }

  /// Records work of our own on the memory of `values`.
  func run(
    _ name: String, kind: StepKind? = nil, on values: [Value], _ body: @escaping ([UnsafeMutableRawPointer]) -> Void
  ) {
    record(RecordedStep(name: name, work: .kernel(values, body), kind: kind))
  }

  /// The same where values may be missing: at their places is no memory.
  func run(
    _ name: String, onAny values: [Value?], _ body: @escaping ([UnsafeMutableRawPointer?]) -> Void
  ) {
    run(name, on: values.compactMap(\.self)) { memory in
      var rest = memory[...]
      body(values.map { $0 == nil ? nil : rest.popFirst() })
    }
  }

  /// Records a copy of `source` into `target`, with the change of layout and format between them.
  func reorder(_ source: Value, into target: Value, name: String) throws {
    let attributes = try Attributes()
    let descriptor = try PrimitiveDescriptor("reorder of \(name)") {
      dnnl_reorder_primitive_desc_create(
        &$0, source.descriptor.handle, engine.handle, target.descriptor.handle, engine.handle, attributes.handle)
    }
    try run("\(name).reorder", descriptor, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, target)])
  }

  /// `source` in the layout of `descriptor`: itself, an earlier copy, or a recorded reorder.
  func reordered(_ source: Value, to descriptor: MemoryDescriptor, name: String) throws -> Value {
    if source.descriptor.isEqual(to: descriptor) { return source }
    if let known = reordered[source.id]?.first(where: { $0.descriptor.isEqual(to: descriptor) }) { return known }
    let target = make(descriptor)
    try reorder(source, into: target, name: name)
    reordered[source.id, default: []].append(target)
    return target
  }

  /// The plan: memory laid out and taken, primitives generated, arguments fixed.
  func finish() throws -> RecordedPlan {
    try RecordedPlan(self)
  }
}
