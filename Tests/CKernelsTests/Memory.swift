// Memory for kernels: guarded against writes beyond its ends, and filled with what is no number, so that
// whatever a kernel reads before it writes shows in its results.
import CKernels
import Testing

/// Guarded memory, 64-byte aligned as a plan's is.
final class Memory {
  private static let guardBytes = 64
  private let allocation: UnsafeMutableRawPointer
  let byteCount: Int

  /// Memory in which each float, bfloat16 and double is not a number.
  init(byteCount: Int) {
    self.byteCount = byteCount
    let whole = byteCount + 2 * Self.guardBytes
    allocation = .allocate(byteCount: whole, alignment: 64)
    allocation.initializeMemory(as: UInt8.self, repeating: 0xFF, count: whole)
  }

  convenience init(floats: [Float]) {
    self.init(byteCount: floats.count * 4)
    floats.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: base, count: byteCount).copyBytes(from: $0) }
  }

  deinit { allocation.deallocate() }

  var base: UnsafeMutableRawPointer { allocation + Self.guardBytes }
  var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: byteCount)) }
  var floats: [Float] { Array(UnsafeRawBufferPointer(start: base, count: byteCount).bindMemory(to: Float.self)) }
  var floatBase: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }
  var doubleBase: UnsafeMutablePointer<Double> { base.assumingMemoryBound(to: Double.self) }

  /// Whether nothing was written beyond the ends.
  var isIntact: Bool {
    let whole = UnsafeRawBufferPointer(start: allocation, count: byteCount + 2 * Self.guardBytes)
    return whole.prefix(Self.guardBytes).allSatisfy { $0 == 0xFF }
      && whole.suffix(Self.guardBytes).allSatisfy { $0 == 0xFF }
  }
}

/// Expects that a kernel has written only inside of all the memory that it was given.
///
/// Every call of a kernel is followed by this, also because Swift may release what nobody uses after it.
func expectIntact(_ memories: Memory?..., sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(memories.allSatisfy { $0?.isIntact != false }, sourceLocation: sourceLocation)
}

/// A batch of maps as the kernels have it: blocks of sixteen channels, in the instruction set's number format.
final class Activations {
  let set: InstructionSet
  let map: tps_map
  let memory: Memory

  /// Maps that are not numbers yet.
  init(_ set: InstructionSet, _ map: tps_map) {
    self.set = set
    self.map = map
    let padded = (Int(map.channels) + 15) / 16 * 16
    memory = Memory(byteCount: Int(map.images) * padded * Int(map.pixels) * (set.isBF16 ? 2 : 4))
  }

  /// `values`, images × channels × pixels, rounded to the format; the padded channels are zero.
  convenience init(_ set: InstructionSet, _ map: tps_map, _ values: [Float]) {
    self.init(set, map)
    memory.base.initializeMemory(as: UInt8.self, repeating: 0, count: memory.byteCount)
    for (value, place) in zip(values, places) {
      if set.isBF16 {
        let bits = value.bitPattern
        // To nearest, ties to even; adding to the bits of what is not a number could make it infinite.
        let rounded = value.isNaN ? bits : bits &+ 0x7FFF &+ (bits >> 16 & 1)
        memory.base.storeBytes(of: UInt16(rounded >> 16), toByteOffset: place * 2, as: UInt16.self)
      } else {
        memory.base.storeBytes(of: value, toByteOffset: place * 4, as: Float.self)
      }
    }
  }

  /// Where each value lies, in the order images, channels, pixels.
  private var places: [Int] {
    let (channels, pixels) = (Int(map.channels), Int(map.pixels))
    let blocks = (channels + 15) / 16
    var places: [Int] = []
    places.reserveCapacity(Int(map.images) * channels * pixels)
    for image in 0..<Int(map.images) {
      for channel in 0..<channels {
        let plane = (image * blocks + channel / 16) * pixels
        for pixel in 0..<pixels { places.append((plane + pixel) * 16 + channel % 16) }
      }
    }
    return places
  }

  private func value(at place: Int) -> Float {
    set.isBF16
      ? Float(bitPattern: UInt32(memory.base.load(fromByteOffset: place * 2, as: UInt16.self)) << 16)
      : memory.base.load(fromByteOffset: place * 4, as: Float.self)
  }

  /// The values, images × channels × pixels.
  var values: [Float] { places.map(value) }

  /// Whether the padded channels are zero.
  var isTidy: Bool {
    let (channels, pixels) = (Int(map.channels), Int(map.pixels))
    let blocks = (channels + 15) / 16
    for image in 0..<Int(map.images) where channels % 16 != 0 {
      let plane = ((image + 1) * blocks - 1) * pixels
      for pixel in 0..<pixels {
        for lane in channels % 16..<16 where value(at: (plane + pixel) * 16 + lane) != 0 { return false }
      }
    }
    return true
  }
}
