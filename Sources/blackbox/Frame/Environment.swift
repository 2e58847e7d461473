internal import Glibc
internal import Text

/// The process's environment variables, or a table in their place.
struct Environment: Sendable {
  private let values: [String: String]?

  init(_ values: [String: String]) { self.values = values }

  private init() { values = nil }

  static let process = Environment()

  /// Returns a variable's value; an empty one counts as not set.
  subscript(name: String) -> String? {
    let value: String?
    if let values {
      value = values[name]
    } else {
      value = unsafe getenv(name).map { unsafe String(cString: $0) }
    }
    return value.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The moment the process asks for.
  static var now: Timestamp {
    var time = timespec()
    unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(
      microseconds: Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000)
  }
}
