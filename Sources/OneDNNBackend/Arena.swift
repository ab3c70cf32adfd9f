// One allocation for all tensors of a plan: each gets an offset such that tensors alive
// at the same time never overlap.
import Glibc

/// A tensor's size and the steps, first to last, during which its bytes must keep.
package struct Lifetime {
  package let bytes: Int
  package let steps: ClosedRange<Int>

  package init(bytes: Int, steps: ClosedRange<Int>) {
    self.bytes = bytes
    self.steps = steps
  }
}

/// Places tensors in one address range.
package enum MemoryPlanner {
  /// Cache line; also enough for every vector load.
  package static let alignment = 64

  /// An offset for each lifetime and the size of the whole.
  ///
  /// Greedy by size (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020):
  /// the largest tensor first, each at the lowest offset free during its lifetime.
  package static func plan(_ lifetimes: [Lifetime]) -> (offsets: [Int], bytes: Int) {
    var offsets = [Int](repeating: 0, count: lifetimes.count)
    var placed: [(range: Range<Int>, steps: ClosedRange<Int>)] = []  // sorted by lower bound
    var total = 0
    for index in lifetimes.indices.sorted(by: { lifetimes[$0].bytes > lifetimes[$1].bytes }) {
      let lifetime = lifetimes[index]
      let size = (lifetime.bytes + alignment - 1) / alignment * alignment
      var offset = 0
      for other in placed where other.steps.overlaps(lifetime.steps) {
        if offset + size <= other.range.lowerBound { break }
        offset = max(offset, other.range.upperBound)
      }
      offsets[index] = offset
      total = max(total, offset + size)
      let position = placed.firstIndex { $0.range.lowerBound > offset } ?? placed.count
      placed.insert((offset..<offset + size, lifetime.steps), at: position)
    }
    return (offsets, total)
  }
}

/// Owner of a plan's memory, in huge pages where the system grants them.
final class Arena {
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(byteCount: Int) throws {
    let pageSize = 2 << 20
    var memory: UnsafeMutableRawPointer?
    guard posix_memalign(&memory, pageSize, max(byteCount, 1)) == 0, let memory else {
      throw OneDNNError(
        description: "out of memory: a plan needs \(byteCount >> 20) MiB; use a smaller batch size or network")
    }
    madvise(memory, byteCount, Int32(MADV_HUGEPAGE))
    base = memory
    self.byteCount = byteCount
  }

  deinit { free(base) }
}
