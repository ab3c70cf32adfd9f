// The median, for times and for values of trials.
// A mean would follow the few that something else disturbed.

extension [Double] {
  /// The middle of the values, or the mean of the middle two; 0 of none.
  public var median: Double {
    guard !isEmpty else { return 0 }
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
