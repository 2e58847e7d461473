internal import Platform
internal import SessionLog

/// A session's writer that waits for a full disk, and closes the session when that takes too long.
struct PatientWriter: ~Copyable {
  private var writer: SessionWriter
  private let clock: any Clock
  private var watch: ClockWatch
  /// Microseconds to wait for space before the session is ended.
  private let patience: UInt64
  /// Told when the waiting begins and when it is over.
  private let waitsForSpace: (Bool) -> Void

  init(
    _ writer: consuming SessionWriter, clock: any Clock, patience: UInt64,
    waitsForSpace: @escaping (Bool) -> Void
  ) {
    self.writer = writer
    self.clock = clock
    watch = ClockWatch(clock)
    self.patience = patience
    self.waitsForSpace = waitsForSpace
  }

  var id: SessionID { writer.id }
  /// False if the next line would have to wait for a durable point, or may never come.
  var takesLines: Bool { writer.takesLines }
  /// Lines only gather, without compressing or waiting; see `SessionWriter.isGathering`.
  var isGathering: Bool {
    get { writer.isGathering }
    set { writer.isGathering = newValue }
  }

  /// See `SessionWriter.compressGathered`.
  mutating func compressGathered() throws(SessionLogFailure) -> Bool {
    try writer.compressGathered()
  }

  /// Number of the next line.
  var nextLine: UInt64 { writer.lines }
  /// Microseconds until a durable point is due; 0 when it is, nil while nothing waits.
  var wait: UInt64? {
    writer.deadline.map { deadline in
      let now = clock.monotonic()
      return deadline > now ? deadline - now : 0
    }
  }

  /// Microseconds since line 0 of a moment on the clock, never below the line before.
  func time(of moment: UInt64) -> UInt64 { writer.time(of: moment) }

  /// Appends one line; it is durable after the next `makeDurable`.
  ///
  /// - Throws: the recording is over; after `.outOfSpace` the session is closed with all that was taken.
  mutating func append(_ line: [UInt8]) throws(SessionLogFailure) {
    try patiently { writer throws(SessionLogFailure) in try writer.append(line) }
  }

  /// Tells of a step of the wall clock, if there was one; for whoever has no loop of its own that looks.
  mutating func noteClock() throws(SessionLogFailure) {
    let moment = clock.monotonic()
    if let step = watch.look(at: moment) { try append(step.line(at: time(of: moment))) }
  }

  /// Makes every appended line durable; without `anchors` the log is left for a later call.
  mutating func makeDurable(anchors: Bool = true) throws(SessionLogFailure) {
    try patiently { writer throws(SessionLogFailure) in try writer.makeDurable(anchors: anchors) }
  }

  /// An anchor has waited for so long that it may not wait for a quieter moment.
  var isAnchorLate: Bool { writer.isAnchorLate }

  /// Ends the session with `last`, of which the last is `session.end`.
  mutating func close(_ last: [[UInt8]]) throws(SessionLogFailure) -> Leaf {
    try writer.close(lines: last)
  }

  private mutating func patiently(
    _ step: (inout SessionWriter) throws(SessionLogFailure) -> Void
  ) throws(SessionLogFailure) {
    let began = clock.monotonic()
    var isWaiting = false
    while true {
      do throws(SessionLogFailure) {
        try step(&writer)
        if isWaiting { waitsForSpace(false) }
        return
      } catch {
        guard error.kind == .outOfSpace else { throw error }
        guard clock.monotonic() - began < patience else { throw try giveUp(error) }
        if !isWaiting { waitsForSpace(true) }
        isWaiting = true
        pause(milliseconds: 200)
      }
    }
  }

  /// Closes the session from the store's reserve and returns the failure to report.
  private mutating func giveUp(_ failure: SessionLogFailure) throws(SessionLogFailure)
    -> SessionLogFailure
  {
    var gap = RecorderGapEvent(reason: "disk full")
    gap.lost = "everything after this line"
    let time = writer.now()
    _ = try writer.close(
      lines: [gap.line(at: time), SessionEndEvent(reason: "lost").line(at: time)])
    var report = failure
    report.what = "the disk is full: the session was ended"
    report.advice = "What was recorded is closed and whole; free space before the next session."
    return report
  }
}
