// A fixed-size array of numbers at a cache line's boundary, with an address that never changes,
// so that recorded execution plans may hold pointers into it.

/// Owned memory for `count` elements, 64-byte aligned, zeroed at the start.
///
/// Not synchronised: one thread at a time may use it.
public final class AlignedBuffer<Element: BitwiseCopyable> {
  /// The elements, valid while the buffer lives.
  public let elements: UnsafeMutableBufferPointer<Element>

  /// `count` elements with all bits zero.
  public init(count: Int) {
    let bytes = max(1, count * MemoryLayout<Element>.stride)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    elements = UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: Element.self, capacity: count), count: count)
  }

  deinit { UnsafeMutableRawPointer(elements.baseAddress)?.deallocate() }

  /// Number of elements.
  public var count: Int { elements.count }

  /// Replaces all elements by those of `other`, which must have as many.
  public func copy(from other: AlignedBuffer) {
    _ = elements.update(fromContentsOf: UnsafeBufferPointer(other.elements))
  }
}
