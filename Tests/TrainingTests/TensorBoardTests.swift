// Event files as TensorBoard reads them: records and their checks, every kind of event,
// and a resumed run that takes back what it trains again.
import Datasets
import Formats
import Foundation
import TestSupport
import Testing
import Training

@Suite struct TensorBoardTests {
  let folder: TemporaryFolder
  let run: RunDirectory

  init() throws {
    folder = try TemporaryFolder()
    run = RunDirectory(folder.url)
  }

  /// The events of a file, read as the TFRecord format says.
  private func events(_ url: URL) throws -> [ProtobufMessage] {
    var rest = try Data(contentsOf: url)
    var events: [ProtobufMessage] = []
    while !rest.isEmpty {
      let length = Data(rest.prefix(8))
      let count = length.reversed().reduce(0) { $0 << 8 | Int($1) }
      let message = Data(rest.dropFirst(12).prefix(count))
      #expect(rest.count >= 16 + count)
      #expect(rest.dropFirst(8).prefix(4).elementsEqual(mask(length)))
      #expect(rest.dropFirst(12 + count).prefix(4).elementsEqual(mask(message)))
      events.append(try ProtobufMessage(message))
      rest = Data(rest.dropFirst(16 + count))
    }
    return events
  }

  private func mask(_ data: Data) -> [UInt8] {
    let crc = CRC32(.castagnoli, of: data).value
    let masked = UInt32(truncatingIfNeeded: (UInt64(crc) << 17 | UInt64(crc) >> 15) + 0xA282_EAD8)
    return (0..<4).map { UInt8(truncatingIfNeeded: masked >> (8 * $0)) }
  }

  /// The tag and the message of each value.
  private func values(_ events: [ProtobufMessage]) throws -> [(step: Int, tag: String, value: ProtobufMessage)] {
    try events.flatMap { event in
      try event.messages(5).flatMap { try $0.messages(1) }.map { value in
        (event.integers(2).first ?? 0, value.strings(1)[0], value)
      }
    }
  }

  private func record(_ epoch: Int) -> EpochRecord {
    EpochRecord(
      epoch: epoch, step: 10 * epoch, trainLoss: 2 / Double(epoch), trainAccuracy: 0.1 * Double(epoch),
      validationLoss: epoch == 2 ? nil : 1.5, validationAccuracy: epoch == 2 ? nil : 0.25, learningRate: 0.05,
      imagesPerSecond: 100, seconds: Double(epoch))
  }

  private func started(at step: Int) -> TrainingEvent {
    .started(
      TrainingPlanSummary(
        epochs: 3, stepsPerEpoch: 10, trainImages: 120, validationImages: 16, memoryBytes: 1, resumedAt: step))
  }

  private func log(samples: DecodedImage? = nil) -> TensorBoardLog {
    TensorBoardLog(run: run, configuration: Tiny.configuration, samples: samples) { Issue.record("\($0)") }
  }

  @Test func aRunIsWrittenWhole() throws {
    let samples = try DecodedImage(pixels: [UInt8](repeating: 9, count: 12), width: 2, height: 2)
    let log = log(samples: samples)
    log.record(started(at: 0))
    for epoch in 1...3 { log.record(.epochEnded(record(epoch), isBest: true)) }
    let file = try #require(TensorBoardFile.files(in: folder.url).first)
    #expect(file.lastPathComponent.hasPrefix("events.out.tfevents."))
    let events = try events(file)
    #expect(events[0].strings(3) == ["brain.Event:2"])
    #expect(abs(try #require(events[0].double(1)) - Date().timeIntervalSince1970) < 600)

    let values = try values(events)
    let losses = values.filter { $0.tag == "loss/train" }
    #expect(losses.map(\.step) == [10, 20, 30] && losses.compactMap { $0.value.float(2) } == [2, 1, Float(2.0 / 3)])
    #expect(values.filter { $0.tag == "accuracy/validation" }.map(\.step) == [10, 30])
    #expect(values.filter { $0.tag == "learning_rate" }.allSatisfy { $0.value.float(2) == 0.05 })

    let image = try #require(try values.first { $0.tag == "augmented training images" }?.value.message(4))
    #expect(image.integers(1) == [2] && image.integers(2) == [2])
    #expect(try ImageDecoder.decode(bytes: [UInt8](image.data(4)[0])) == samples)

    let text = try #require(values.first { $0.tag == "configuration" }?.value)
    #expect(try text.message(9)?.message(1)?.strings(1) == ["text"])
    #expect(try text.message(8)?.strings(8).first?.contains("momentum: 0.9") == true)

    let start = try #require(
      try values.first { $0.tag == "_hparams_/session_start_info" }?.value.message(9)?.message(1))
    #expect(start.strings(1) == ["hparams"])
    let settings = try ProtobufMessage(start.data(2)[0]).message(3)?.messages(1) ?? []
    let rate = try #require(try settings.first { $0.strings(1) == ["optimizer.learningRate"] }?.message(2))
    #expect(rate.double(2) == 0.1)
    let nesterov = try #require(try settings.first { $0.strings(1) == ["optimizer.nesterov"] }?.message(2))
    #expect(nesterov.integers(4) == [0])
    let decay = try #require(try settings.first { $0.strings(1) == ["optimizer.decay"] }?.message(2))
    #expect(decay.strings(3) == ["all"])
  }

  @Test func aResumedRunTakesBackWhatItTrainsAgain() throws {
    let first = log()
    first.record(started(at: 0))
    for epoch in 1...2 { first.record(.epochEnded(record(epoch), isBest: true)) }
    // Killed in the middle of a record, and resumed from the checkpoint after the first epoch.
    let old = try #require(TensorBoardFile.files(in: folder.url).first)
    try (Data(contentsOf: old) + Data([1, 2, 3])).write(to: old)
    let second = log()
    second.record(started(at: 10))
    second.record(.epochEnded(record(2), isBest: true))
    let files = TensorBoardFile.files(in: folder.url)
    #expect(files.count == 2 && files[0] == old)
    let events = try events(files[1])
    #expect(try events[1].message(7)?.integers(1) == [1] && events[1].integers(2) == [11])
    let values = try values(events)
    #expect(values.allSatisfy { $0.step == 20 } && values.contains { $0.tag == "loss/train" })
  }

  @Test func aFailureIsToldOnce() throws {
    var warnings: [String] = []
    let missing = RunDirectory(folder.url.appendingPathComponent("missing"))
    let log = TensorBoardLog(run: missing, configuration: Tiny.configuration) { warnings.append($0) }
    log.record(started(at: 0))
    for epoch in 1...3 { log.record(.epochEnded(record(epoch), isBest: false)) }
    #expect(warnings.count == 1 && warnings.first?.contains("missing") == true)
  }
}
