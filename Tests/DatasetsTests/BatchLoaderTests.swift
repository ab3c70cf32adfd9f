// The loader against a straightforward computation image by image, and its promises on order and resuming.
import Datasets
import Foundation
import Testing

@Suite struct BatchLoaderTests {
  private let augmentation = Augmentation(cropPadding: 4, flip: .alternating, rotation: 5, cutout: 6)

  /// What a batch holds, copied out of it.
  private struct Copy: Equatable {
    let epoch: Int
    let step: Int
    let labels: [Int32]
    let images: [Float]
    let shares: [Float]?

    init(_ batch: Batch) {
      epoch = batch.epoch
      step = batch.step
      labels = Array(batch.labels.prefix(batch.count))
      images = Array(batch.images.prefix(batch.count * batch.images.count / batch.labels.count))
      shares = batch.shares.map { Array($0.prefix(batch.count * $0.count / batch.labels.count)) }
    }
  }

  private func loader(
    _ set: ImageSet, indices: [Int]? = nil, batchSize: Int, _ augmentation: Augmentation = .none, seed: UInt64 = 1,
    shuffles: Bool = true, dropsLast: Bool = true
  ) throws -> BatchLoader {
    try BatchLoader(
      set: set, indices: indices ?? Array(0..<set.count), batchSize: batchSize, augmentation: augmentation,
      normalization: .study, seed: seed, shuffles: shuffles, dropsLast: dropsLast)
  }

  /// A set whose labels are the images' own numbers.
  private func numberedSet(_ count: Int) throws -> ImageSet { try randomSet(count, side: 8, classes: count) }

  @Test func evaluationGivesFileOrderAndPlainNormalisation() throws {
    let set = try randomSet(10)
    let loader = try loader(set, indices: [7, 1, 2, 9, 4], batchSize: 2, shuffles: false, dropsLast: false)
    #expect(loader.stepsPerEpoch == 3)
    let batches = (0..<4).map { _ in Copy(loader.next()) }
    #expect(batches.map(\.labels) == [[7, 1], [2, 9], [4], [7, 1]])
    #expect(batches.map(\.epoch) == [0, 0, 0, 1] && batches.map(\.step) == [0, 1, 2, 0])
    #expect(batches[2].images.count == 3072)
    let normalization = Normalization.study
    let plain = (0..<3072).map { (index: Int) -> Float in
      let scaled = Float(set.pixels[4 * 3072 + index]) / 255
      return (scaled - normalization.mean[index / 1024]) / normalization.standardDeviation[index / 1024]
    }
    #expect(batches[2].images == plain)
  }

  @Test func everyEpochVisitsEachImageOnceInItsOwnOrder() throws {
    let loader = try loader(try numberedSet(30), batchSize: 4, dropsLast: false)
    var orders: [[Int32]] = []
    for _ in 0..<3 { orders.append((0..<8).flatMap { _ in Copy(loader.next()).labels }) }
    #expect(orders.allSatisfy { $0.sorted() == (0..<30).map(Int32.init) })
    #expect(Set(orders).count == 3)
  }

  @Test func droppingLeavesTheRestOut() throws {
    let loader = try loader(try numberedSet(30), batchSize: 8)
    #expect(loader.stepsPerEpoch == 3)
    let labels = (0..<3).flatMap { _ in Copy(loader.next()).labels }
    #expect(Set(labels).count == 24)
    let batch = loader.next()
    #expect(batch.epoch == 1 && batch.step == 0 && batch.count == 8)
  }

  @Test func augmentedImagesEqualTheTransformAlone() throws {
    let set = try randomSet(20)
    let loader = try loader(set, batchSize: 8, augmentation, seed: 5)
    let transform = SampleTransform(augmentation: augmentation, normalization: .study, height: 32, width: 32)
    var plain = [Float](repeating: 0, count: 3072)
    // Two images have each label; exactly one of them must be the one in the batch.
    for _ in 0..<6 {
      let batch = Copy(loader.next())
      for place in 0..<8 {
        let candidates = [Int(batch.labels[place]), Int(batch.labels[place]) + 10]
        let matches = candidates.filter { sample in
          let draw = SampleDraw(augmentation, seed: 5, epoch: batch.epoch, sample: sample, height: 32, width: 32)
          set.pixels.withUnsafeBufferPointer { pixels in
            plain.withUnsafeMutableBufferPointer { target in
              if let source = pixels.baseAddress, let target = target.baseAddress {
                transform.apply(draw, to: source + sample * 3072, into: target)
              }
            }
          }
          return Array(batch.images[place * 3072..<(place + 1) * 3072]) == plain
        }
        #expect(matches.count == 1)
      }
    }
  }

  @Test func batchSizeChangesNoImage() throws {
    let set = try numberedSet(24)
    let augmentation = Augmentation(cropPadding: 2, paddingMode: .reflect, flip: .random, rotation: 20, cutout: 2)
    func epoch(batchSize: Int) throws -> [Copy] {
      let loader = try loader(set, batchSize: batchSize, augmentation)
      loader.start(epoch: 3, step: 0)
      return (0..<24 / batchSize).map { _ in Copy(loader.next()) }
    }
    let one = try epoch(batchSize: 1)
    let eight = try epoch(batchSize: 8)
    #expect(one.flatMap(\.labels) == eight.flatMap(\.labels))
    #expect(one.flatMap(\.images) == eight.flatMap(\.images))
  }

  @Test(arguments: [(0, 0), (1, 2), (2, 5), (0, 17)])
  func resumingGivesTheSameBatches(start: (epoch: Int, step: Int)) throws {
    let set = try numberedSet(25)
    let augmentation = Augmentation(
      cropPadding: 2, flip: .alternating, rotation: 10, trivialAugment: true, erasing: 0.5, mixUp: 0.5, cutMix: 1,
      ricap: 0.3, mixing: 0.75)
    let whole = try loader(set, batchSize: 4, augmentation)
    let batches = (0..<24).map { _ in Copy(whole.next()) }
    let resumed = try loader(set, batchSize: 4, augmentation)
    resumed.start(epoch: start.epoch, step: start.step)
    for due in (start.epoch * 6 + start.step)..<24 { #expect(Copy(resumed.next()) == batches[due]) }
    // The same loader again, after it ran on.
    resumed.start(epoch: 1, step: 0)
    #expect(Copy(resumed.next()) == batches[6])
  }

  @Test func stoppingLosesNothing() throws {
    let set = try numberedSet(20)
    let whole = try loader(set, batchSize: 4)
    let stopped = try loader(set, batchSize: 4)
    for _ in 0..<12 {
      #expect(Copy(stopped.next()) == Copy(whole.next()))
      stopped.stop()
      stopped.stop()
    }
  }

  @Test func aBatchStaysValidUntilTheNext() throws {
    let loader = try loader(try numberedSet(64), batchSize: 4)
    for _ in 0..<50 {
      let batch = loader.next()
      let copy = Copy(batch)
      loader.start(epoch: batch.epoch, step: batch.step + 1)
      for _ in 0..<200 where Copy(batch) != copy { Issue.record("the batch changed while it was lent") }
    }
  }

  @Test func seedsGiveOtherOrders() throws {
    let set = try numberedSet(40)
    let first = try loader(set, batchSize: 40, seed: 1)
    let second = try loader(set, batchSize: 40, seed: 2)
    #expect(Copy(first.next()).labels != Copy(second.next()).labels)
  }

  @Test func buffersAreReused() throws {
    let loader = try loader(try numberedSet(20), batchSize: 4)
    #expect(Set((0..<30).map { _ in ObjectIdentifier(loader.next()) }).count <= 3)
  }

  @Test func unusedAndUnfinishedLoadersEnd() throws {
    for count in 0..<200 {
      // A thread that did not end would keep the batches.
      weak var lent: Batch?
      do {
        let loader = try loader(try numberedSet(12), batchSize: 3)
        for _ in 0..<count % 4 { lent = loader.next() }
      }
      for _ in 0..<5000 where lent != nil { usleep(1000) }
      #expect(lent == nil)
    }
  }

  @Test func impossibleArgumentsAreErrors() throws {
    let set = try randomSet(10)
    #expect(failure { _ = try loader(set, batchSize: 0) }?.kind == .usage)
    #expect(failure { _ = try loader(set, batchSize: 11) }?.remedy?.contains("1 to 10") == true)
    #expect(failure { _ = try loader(set, batchSize: 11, dropsLast: false) } == nil)
    #expect(failure { _ = try loader(set, batchSize: .max, dropsLast: false) }?.kind == .usage)
    #expect(failure { _ = try loader(set, indices: [], batchSize: 1) }?.kind == .usage)
    #expect(failure { _ = try loader(set, indices: [0, 10], batchSize: 1) }?.kind == .usage)
    #expect(failure { _ = try loader(set, indices: [-1], batchSize: 1) }?.kind == .usage)
    #expect(failure { _ = try loader(set, batchSize: 1, Augmentation(cutout: 33)) }?.kind == .usage)
  }
}
