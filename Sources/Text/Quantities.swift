/// Spans of time for people: `850ms`, `12.5s`, `1m03s`, `2h05m`, `3d04h`.
package enum DurationText {
  /// Returns the span, cut to what its size makes readable; negative spans have a sign.
  package static func text(microseconds: Int64) -> String {
    let sign = microseconds < 0 ? "-" : ""
    let micros = microseconds.magnitude
    let seconds = micros / 1_000_000
    if micros < 1000 { return sign + "\(micros)µs" }
    if seconds < 1 { return sign + "\(micros / 1000)ms" }
    if seconds < 60 {
      let tenth = micros / 100_000 % 10
      return sign + (tenth == 0 ? "\(seconds)s" : "\(seconds).\(tenth)s")
    }
    if seconds < 3600 { return sign + "\(seconds / 60)m\(two(seconds % 60))s" }
    if seconds < 86_400 { return sign + "\(seconds / 3600)h\(two(seconds / 60 % 60))m" }
    return sign + "\(seconds / 86_400)d\(two(seconds / 3600 % 24))h"
  }

  private static func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

/// Amounts of bytes for people: `512 B`, `1.5 KiB`, `20.0 GiB`.
package enum ByteCountText {
  package static func text(_ bytes: Int64) -> String {
    let sign = bytes < 0 ? "-" : ""
    var amount = bytes.magnitude
    if amount < 1024 { return sign + "\(amount) B" }
    var tenths: UInt64 = 0
    for unit in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
      tenths = amount % 1024 * 10 / 1024
      amount /= 1024
      if amount < 1024 { return sign + "\(amount).\(tenths) \(unit)" }
    }
    return sign + "\(amount).\(tenths) EiB"
  }
}
