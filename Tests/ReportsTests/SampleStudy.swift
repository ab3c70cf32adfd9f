// Trials of made-up studies: what a report has to make sense of.
// Accuracy rises with the learning rate and falls with the number of layers, so that figures can be checked.
import Foundation
import Search

enum SampleStudy {
  static let rate = Distribution.float(low: 1e-4, high: 1e-1, step: nil, log: true)
  static let layers = Distribution.integer(low: 2, high: 3, step: 1, log: false)
  static let batch = Distribution.categorical([.integer(128), .integer(32)])

  static func definition() throws -> StudyDefinition {
    try StudyDefinition(
      space: """
        preset: sprint
        optimizer.learningRate: { low: 1e-4, high: 1e-1, log: true }
        training.batchSize: [128, 32]
        """, origin: "rates & <sizes>.yaml", settings: ["data.limitTrain=1000"], epochs: 8, trials: 40, seed: 3)
  }

  /// A trial trained for `epochs`, at `share` of the range of rates.
  static func trial(_ number: Int, share: Double, epochs: Int, state: TrialState = .complete) -> Trial {
    let layerCount = number % 2 + 2
    var parameters = [
      "optimizer.learningRate": ParameterValue(stored: 1e-4 * pow(1000, share), distribution: rate),
      "model.layers": ParameterValue(stored: Double(layerCount), distribution: layers),
      "training.batchSize": ParameterValue(stored: Double(number / 2 % 2), distribution: batch),
    ]
    if layerCount == 3 {
      parameters["model.layers[2].kernel"] = ParameterValue(
        stored: Double(number / 4 % 2), distribution: .categorical([.integer(3), .integer(5)]))
    }
    let top = 0.4 + 0.4 * share - 0.05 * Double(layerCount)
    let values = Dictionary(uniqueKeysWithValues: (1...max(1, epochs)).map { ($0, top * Double($0) / Double($0 + 1)) })
    let start = Date(timeIntervalSince1970: 1_780_000_000 + 60 * Double(number))
    return Trial(
      id: number + 100, number: number, state: state, parameters: parameters,
      value: state == .failed ? nil : values[epochs], intermediateValues: epochs == 0 ? [:] : values,
      userAttributes: ["parameters": "\(100_000 * (number + 1))", "seconds": "12.5", "multiplyAdds": "1"],
      started: start, ended: start.addingTimeInterval(30))
  }

  static func failed(_ number: Int) -> Trial {
    var trial = trial(number, share: 0.5, epochs: 0, state: .failed)
    trial.userAttributes["tpsnet:error"] = #""loss <NaN> & worse: lower \"the\" rate""#
    return trial
  }

  /// Forty trials as successive halving leaves them: 20 after 1 epoch, 10 after 2, 5 after 4, 5 complete after 8.
  static let halved: [Trial] = (0..<40).map { number in
    let share = Double(number * 7 % 40) / 39
    let epochs = [1, 2, 1, 4, 1, 2, 1, 8][number % 8]
    return trial(number, share: share, epochs: epochs, state: epochs == 8 ? .complete : .pruned)
  }
}
