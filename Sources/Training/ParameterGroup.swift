// Which trainable values share a rule, a learning rate and a decay: runs of the flat buffers,
// read off the tensors' roles and shapes.
import Compute
import Foundation
import Models

/// Values that an optimizer treats alike.
struct ParameterGroup: Equatable {
  /// How they change.
  enum Rule: Equatable {
    /// As a row of numbers.
    case sgd
    /// As a matrix of so many rows, one a filter, and columns.
    case muon(rows: Int, columns: Int)
  }

  /// Their place in a store's values and gradients.
  var range: Range<Int>
  var rule: Rule
  /// Factor on the learning rate.
  var factor: Double
  var decays: Bool

  /// The groups of `tensors`, which `store` holds, in memory's order; neighbours under SGD that share everything are one.
  /// Frozen values are in none.
  static func all(
    of tensors: [TensorSpec], in store: ParameterStore, _ settings: Configuration.OptimizerSettings
  ) -> [ParameterGroup] {
    var groups: [ParameterGroup] = []
    for group in each(of: tensors, in: store, settings) where group.factor > 0 {
      // The gap up to the next cache line holds zeros, which stay zeros; a frozen tensor fills no such gap.
      if let last = groups.last, last.rule == .sgd, group.rule == .sgd, last.factor == group.factor,
        last.decays == group.decays, group.range.lowerBound - last.range.upperBound < ParameterStore.alignment
      {
        groups[groups.count - 1].range = last.range.lowerBound..<group.range.upperBound
      } else {
        groups.append(group)
      }
    }
    return groups
  }

  /// A group for each trainable tensor.
  private static func each(
    of tensors: [TensorSpec], in store: ParameterStore, _ settings: Configuration.OptimizerSettings
  ) -> [ParameterGroup] {
    let matrices = Set(tensors.filter { $0.role == .weight && $0.shape.count == 2 }.map(\.name))
    return tensors.compactMap { spec in
      guard spec.isTrainable, let range = store.ranges[spec.name] else { return nil }
      var group = ParameterGroup(
        range: range, rule: .sgd, factor: 1, decays: settings.decay == .all || spec.role == .weight)
      if matrices.contains(spec.name.replacingOccurrences(of: ".bias", with: ".weight")) {
        group.factor = settings.headFactor
      } else if spec.role == .weight {
        if settings.kind == .muon { group.rule = .muon(rows: spec.shape[0], columns: spec.count / spec.shape[0]) }
      } else {
        group.factor = spec.role == .scale ? settings.scaleFactor : settings.biasFactor
      }
      return group
    }
  }
}
