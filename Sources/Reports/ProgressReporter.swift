// Training as it goes, on standard error: one line that is redrawn on a terminal,
// and otherwise plain lines that a log can hold.
import Foundation
public import Training

/// Shows the events of a training run.
public final class ProgressReporter {
  private let isTerminal: Bool
  private let currentWidth: () -> Int
  private var width: Int { max(20, currentWidth()) }
  private let usesColor: Bool
  private let write: (String) -> Void
  private var lastDrawn = ContinuousClock.now - .seconds(3600)
  private var lineIsOpen = false

  /// A reporter that draws a bar where `isTerminal`.
  ///
  /// - Parameters:
  ///   - width: columns of the terminal, which may change.
  ///   - usesColor: false under `NO_COLOR`.
  ///   - write: receives the text; line breaks are part of it.
  public init(
    isTerminal: Bool, width: @escaping @autoclosure () -> Int, usesColor: Bool, write: @escaping (String) -> Void
  ) {
    self.isTerminal = isTerminal
    currentWidth = width
    self.usesColor = usesColor
    self.write = write
  }

  /// Shows `event`.
  public func show(_ event: TrainingEvent) {
    switch event {
    case .started(let plan):
      let held = plan.validationImages > 0 ? ", \(Format.grouped(plan.validationImages)) held out for validation" : ""
      line(
        "\(Format.grouped(plan.trainImages)) training images\(held); \(plan.epochs) epochs of \(plan.stepsPerEpoch) "
          + "steps; \(Format.mebibytes(plan.memoryBytes)) of memory")
      if plan.resumedAt > 0 { line("resumed after step \(plan.resumedAt)") }
    case .grew(let blocks, let bytes):
      line("now \(blocks.map(String.init).joined(separator: ", ")) blocks; \(Format.mebibytes(bytes)) of memory")
    case .stepped(let progress):
      stepped(progress)
    case .evaluating:
      if isTerminal { redraw("evaluating on the validation images …") }
    case .epochEnded(let record, let isBest):
      epochEnded(record, isBest: isBest)
    }
  }

  /// Ends an open line, before something else is written.
  public func finish() {
    if lineIsOpen { write("\r\u{1B}[K") }
    lineIsOpen = false
  }

  private func line(_ text: String) {
    finish()
    write(text + "\n")
  }

  private func redraw(_ text: String) {
    write("\r\u{1B}[K" + String(text.prefix(width - 1)))
    lineIsOpen = true
  }

  private func stepped(_ progress: StepProgress) {
    let now = ContinuousClock.now
    guard now - lastDrawn >= (isTerminal ? .milliseconds(100) : .seconds(60)) else { return }
    lastDrawn = now
    let numbers =
      "loss \(Format.fixed(progress.loss, 4))  acc \(Format.percent(progress.accuracy))  "
      + "\(Format.fixed(progress.imagesPerSecond, 0)) img/s  ETA \(Format.duration(progress.secondsLeft))"
    let place = "epoch \(progress.epoch)/\(progress.epochs)"
    guard isTerminal else {
      line("\(place)  step \(progress.step)/\(progress.stepsPerEpoch)  \(numbers)")
      return
    }
    let steps = "\(progress.step)/\(progress.stepsPerEpoch)"
    let room = min(30, width - place.count - steps.count - numbers.count - 8)
    let bar = room >= 6 ? " " + Format.bar(Double(progress.step) / Double(progress.stepsPerEpoch), room) : ""
    redraw("\(place)\(bar) \(steps)  \(numbers)")
  }

  private func epochEnded(_ record: EpochRecord, isBest: Bool) {
    var text =
      "epoch \(record.epoch)  train loss \(Format.fixed(record.trainLoss, 4)) acc \(Format.percent(record.trainAccuracy))"
    if let loss = record.validationLoss, let accuracy = record.validationAccuracy {
      text += "  val loss \(Format.fixed(loss, 4)) acc \(Format.percent(accuracy))"
      if isBest { text += usesColor ? " \u{1B}[32mbest\u{1B}[0m" : " best" }
    }
    line(
      text + "  lr \(Format.fixed(record.learningRate, 5))  \(Format.fixed(record.imagesPerSecond, 0)) img/s  "
        + Format.duration(record.seconds))
    lastDrawn = .now
  }
}
