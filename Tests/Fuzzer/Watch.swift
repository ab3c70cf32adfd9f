// What must not happen while an input is read: a crash, a hang, memory beyond a bound.
// Each ends the program with a line that says which input did it.
import Foundation

/// The guard over one thread of inputs.
enum Watch {
  /// Seconds of computing that one input may take; what else the machine does does not count.
  static let seconds = 20
  /// Mebibytes that the program may hold.
  static let mebibytes = 1024

  /// The input being read, for the signal handler.
  nonisolated(unsafe) private static var current = 0

  /// Starts to watch.
  static func start() {
    for number in [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGPROF] {
      signal(number) { number in
        // Nothing here may take memory: only plain numbers and one system call at a time.
        Watch.say(number == SIGPROF ? "\nhang at input " : "\ncrash at input ")
        Watch.say(Watch.current)
        _exit(70)
      }
    }
  }

  /// The input `number` is read next.
  static func begin(_ number: Int) {
    current = number
    limit(to: seconds)
  }

  /// The last input was read.
  static func end() { limit(to: 0) }

  private static func limit(to seconds: Int) {
    var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
    #if canImport(Glibc)
      setitimer(.init(ITIMER_PROF.rawValue), &timer, nil)
    #else
      setitimer(ITIMER_PROF, &timer, nil)
    #endif
  }

  /// Mebibytes at the most so far, nil where the system does not say. Not `getrusage`'s: those begin with what the program
  /// that started this one held.
  static var peak: Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
    return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 / 1024 }
  }

  private static func say(_ text: StaticString) {
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }

  private static func say(_ number: Int) {
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      var digit = UInt8(48 + number / divisor % 10)
      _ = write(STDERR_FILENO, &digit, 1)
      divisor /= 10
    }
    var end = UInt8(10)
    _ = write(STDERR_FILENO, &end, 1)
  }
}
