internal import Glibc

/// The two times a recording needs.
package protocol Clock: Sendable {
  /// Microseconds on CLOCK_BOOTTIME: never steps, goes on through suspend, begins anew at each boot.
  func monotonic() -> UInt64
  /// Microseconds since 1970, UTC; may step.
  func wall() -> Int64
  /// The kernel's id of this boot.
  var bootID: String { get }
}

/// The machine's clocks.
package struct SystemClock: Clock {
  package init() {}

  package func monotonic() -> UInt64 { UInt64(clamping: Self.read(CLOCK_BOOTTIME)) }
  package func wall() -> Int64 { Self.read(CLOCK_REALTIME) }

  package var bootID: String {
    do {
      // A file in /proc says that its size is 0, so the size is not asked.
      let file = try File("/proc/sys/kernel/random/boot_id", .read, in: SystemFiles.shared)
      let bytes = try file.read(64, at: 0)
      return String(decoding: bytes.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    } catch {
      return "unknown"
    }
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe _ = clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
  }
}

/// RFC 3339 in UTC with milliseconds, the form that line 0 and log leaves carry.
package enum WallTime {
  /// Formats microseconds since 1970, like `2026-11-22T14:21:47.123Z`.
  package static func format(_ microseconds: Int64) -> String {
    // Rounds down without subtracting first: a time read from a file may be the smallest number.
    let milliseconds = microseconds / 1000 - (microseconds % 1000 < 0 ? 1 : 0)
    let ms = modulo(milliseconds, 1000)
    let seconds = (milliseconds - ms) / 1000
    let second = modulo(seconds, 86_400)
    let (year, month, day) = civil((seconds - second) / 86_400)
    return pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2) + "T" + pad(second / 3600, 2)
      + ":" + pad(second / 60 % 60, 2) + ":" + pad(second % 60, 2) + "." + pad(ms, 3) + "Z"
  }

  /// Reads what `format` writes, with 0 to 9 decimals; nil for anything else.
  package static func parse(_ text: some StringProtocol) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.count <= 30, bytes.last == 0x5A else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      var value: Int64 = 0
      for index in range {
        guard (0x30...0x39).contains(bytes[index]) else { return nil }
        value = value * 10 + Int64(bytes[index] - 0x30)
      }
      return value
    }
    guard bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54, bytes[13] == 0x3A,
      bytes[16] == 0x3A, let year = number(0..<4), let month = number(5..<7),
      let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16),
      let second = number(17..<19), (1...12).contains(month), (1...31).contains(day), hour < 24,
      minute < 60, second < 60
    else { return nil }
    var fraction: Int64 = 0
    if bytes.count > 20 {
      guard bytes[19] == 0x2E, bytes.count > 21, number(20..<bytes.count - 1) != nil else {
        return nil
      }
      var scale: Int64 = 100_000
      for index in 20..<min(bytes.count - 1, 26) {
        fraction += Int64(bytes[index] - 0x30) * scale
        scale /= 10
      }
    }
    let days = daysSince1970(year, month, day)
    guard civil(days) == (year, month, day) else { return nil }
    return ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction
  }

  /// Year, month and day of a count of days since 1970.
  ///
  /// Source: proleptic Gregorian calendar, era arithmetic.
  package static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let dayOfEra = modulo(shifted, 146_097)
    let era = (shifted - dayOfEra) / 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    )
  }

  private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let yearOfEra = modulo(y, 400)
    let era = (y - yearOfEra) / 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func modulo(_ a: Int64, _ b: Int64) -> Int64 {
    let rest = a % b
    return rest < 0 ? rest + b : rest
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

/// The home directory that the system's user database gives a user id; nil if it knows none.
package func homeDirectory(ofUser id: UInt32) -> String? {
  guard let entry = unsafe getpwuid(id), let home = unsafe entry.pointee.pw_dir else { return nil }
  let text = unsafe String(cString: home)
  return text.isEmpty ? nil : text
}

/// The name of this machine.
package var hostName: String {
  var name = [CChar](repeating: 0, count: 256)
  guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
  let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
  return bytes.isEmpty ? "localhost" : String(decoding: bytes, as: UTF8.self)
}
