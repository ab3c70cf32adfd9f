// How a study chooses the next values, and what its random streams are called.

/// How the values of a trial are chosen.
public enum Sampler: Codable, Hashable, Sendable {
  /// From the variables' own distributions, uniform over what keeps the budget.
  case random
  /// All combinations in order, the last variable of the space fastest; the study ends with them.
  case grid
  /// By the tree-structured Parzen estimator: as the best trials so far, and unlike the others.
  case tpe(TreeParzenSettings)
}

/// First words of the search's random streams, apart from those of other modules with the same seed.
enum SearchPurpose: UInt64 {
  case draw = 0x7365_6172_0001
  case completion = 0x7365_6172_0002
  case training = 0x7365_6172_0003
  case share = 0x7365_6172_0004
  case check = 0x7365_6172_0005
  case candidate = 0x7365_6172_0006
  case forest = 0x7365_6172_0007
  case permutation = 0x7365_6172_0008
}
