// Points in time as Optuna's tables have them, to the microsecond and without a zone: heartbeats in UTC, starts and
// ends as the clock on the wall shows them (Python's `datetime.now()`).
import Foundation

/// A point in time, to the microsecond.
struct Timestamp: Hashable, Sendable {
  /// Microseconds since 1970.
  let microseconds: Int

  init(_ date: Date) {
    microseconds = Int((date.timeIntervalSince1970 * 1e6).rounded())
  }

  var date: Date { Date(timeIntervalSince1970: Double(microseconds) / 1e6) }

  /// What the clock on the wall shows at `date`.
  init(onWallAt date: Date) {
    self.init(date + Self.offset(at: date))
  }

  /// When the clock on the wall shows this; where it shows it twice, one of both.
  var dateOnWall: Date { date - Self.offset(at: date - Self.offset(at: date)) }

  /// Seconds by which the wall's clock is ahead of UTC.
  private static func offset(at date: Date) -> TimeInterval {
    var (seconds, parts) = (time_t(date.timeIntervalSince1970.rounded(.down)), tm())
    localtime_r(&seconds, &parts)
    return TimeInterval(parts.tm_gmtoff)
  }

  /// Written out by hand: formatters are slow, and follow the locale.
  ///
  /// `YYYY-MM-DD HH:MM:SS.ffffff`.
  var text: String {
    let seconds = microseconds.flooredQuotient(1_000_000)
    let day = seconds.flooredQuotient(86_400)
    let (year, month, date) = Self.calendar(day: day)
    let second = seconds - day * 86_400
    return Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(date, 2) + " "
      + Self.padded(second / 3600, 2) + ":" + Self.padded(second / 60 % 60, 2) + ":" + Self.padded(second % 60, 2) + "."
      + Self.padded(microseconds - seconds * 1_000_000, 6)
  }

  /// Reads `text`'s form, with any number of decimals or none; nil where it is something else, or no time of four-digit
  /// years.
  init?(text: String) {
    let parts = text.split { "- :T".contains($0) }
    guard parts.count == 6 else { return nil }
    let numbers = parts.prefix(5).compactMap { Int($0) }
    guard numbers.count == 5, let second = Double(parts[5]), (0..<61).contains(second),
      zip(numbers, [0...9999, 1...12, 1...31, 0...24, 0...59]).allSatisfy({ $1.contains($0) })
    else { return nil }
    let day = Self.day(year: numbers[0], month: numbers[1], date: numbers[2])
    microseconds = ((day * 24 + numbers[3]) * 60 + numbers[4]) * 60_000_000 + Int((second * 1e6).rounded())
  }

  // Days since 1970 of the Gregorian calendar, in years that begin in March (Hinnant, "chrono-compatible low-level date
  // algorithms", 2014).
  private static func day(year: Int, month: Int, date: Int) -> Int {
    let year = month <= 2 ? year - 1 : year
    let era = year.flooredQuotient(400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + date - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func calendar(day: Int) -> (year: Int, month: Int, date: Int) {
    let day = day + 719_468
    let era = day.flooredQuotient(146_097)
    let dayOfEra = day - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return digits.count < width ? String(repeating: "0", count: width - digits.count) + digits : digits
  }
}

extension Int {
  fileprivate func flooredQuotient(_ divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
