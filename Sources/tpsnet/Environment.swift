// What a result was made with: program, engine, processor and memory,
// as every number that we report has to say.
import Foundation
import OneDNNBackend
import Reports

/// Facts about this program and machine.
enum Environment {
  /// The program as it was called: messages name commands that can be pasted.
  static var program: String {
    let called = CommandLine.arguments.first ?? ""
    return called.contains("/") ? ShellText.quoted(called) : "tpsnet"
  }

  /// The program's version.
  static let version = "0.1.0"

  /// Versions of what computes.
  static var versions: [String: String] {
    ["tpsnet": version, "oneDNN": OneDNNBackend.version]
  }

  /// The processor's model, as the system names it, and its instructions, which that name may not tell.
  static var cpu: String { "\(model), \(OneDNNBackend.instructions)" }

  private static var model: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    return model.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
  }

  /// The most memory that this process has held, in bytes; 0 where the system does not say.
  static var peakMemoryBytes: Int {
    let lines = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8))?.split(separator: "\n") ?? []
    let digits = lines.first { $0.hasPrefix("VmHWM") }?.filter(\.isNumber) ?? ""
    return (Int(digits) ?? 0) * 1024
  }
}
