// A figure of a report: what it shows, and the name of its files.
public import Foundation
import Formats
public import Plots

/// A figure.
public struct Figure: Sendable {
  /// The name of its files.
  public let name: String
  /// What it shows.
  public let plot: Plot

  /// A figure; whatever is no letter or digit of `name` becomes a hyphen.
  public init(_ name: String, _ plot: Plot) {
    let words = name.split { !($0.isLetter || $0.isNumber) }
    self.name = words.joined(separator: "-")
    self.plot = plot
  }

  /// Writes the figure to `folder` as SVG, PNG and PDF, replacing those of its name. Throws `PlotError` or `FileError`.
  public func write(to folder: URL) throws {
    let url = folder.appendingPathComponent(name)
    try AtomicFile.write(Data(plot.svg().utf8), to: url.appendingPathExtension("svg"))
    try AtomicFile.write(plot.png(), to: url.appendingPathExtension("png"))
    try AtomicFile.write(plot.pdf(), to: url.appendingPathExtension("pdf"))
  }
}

extension [Figure] {
  /// Writes all figures to `folder`, which is made where it does not exist. Throws `PlotError` or `FileError`.
  public func write(to folder: URL) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError(operation: "make the folder", path: folder.path, reason: "name another with --plots")
    }
    for figure in self { try figure.write(to: folder) }
  }
}
