internal import Glibc

/// Ends the process when a step that nothing interrupts takes too long.
enum Watchdog {
  /// From now on, so many microseconds, rounded up to whole seconds.
  ///
  /// Wraps `alarm`.
  static func begin(_ limit: Int64) {
    // Only what a signal handler may do: one write, and out.
    signal(SIGALRM) { _ in
      let words: StaticString =
        "blackbox: the question was ended by force: one step of it took too long; nothing is shown\n"
      unsafe _ = Glibc.write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
      _exit(9)
    }
    _ = alarm(UInt32(clamping: max(1, (limit + 999_999) / 1_000_000)))
  }

  static func end() { _ = alarm(0) }
}
