// Text of unknown origin made fit for one line of a terminal:
// what a file claims must neither move the cursor nor look like two messages.

extension StringProtocol {
  /// The same with a blank for each control character (C0, DEL and C1), which terminals obey.
  package var withoutControls: String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })
    return String(scalars)
  }
}
