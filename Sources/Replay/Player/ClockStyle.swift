internal import SessionLog
internal import Text

/// How the player tells when an event happened.
struct ClockStyle: Sendable, Equatable {
  var isUTC = false
  /// Wall clock at line 0, microseconds since 1970; nil where nobody says it.
  var start: Int64?
  /// It is what a file of another program says.
  var isImported = false

  init(isUTC: Bool = false, start: Int64? = nil) { (self.isUTC, self.start) = (isUTC, start) }

  /// When an imported session was imported is not when it happened.
  init(_ start: SessionStart?) {
    isImported = start?.imported != nil
    self.start = isImported ? start?.imported?.at : start?.start
  }

  func text(_ time: UInt64, millis: Bool) -> String {
    guard isUTC, let moment = moment(time) else {
      return tenths(time, millis: millis)
    }
    return moment.timeText(millis ? .milliseconds : .seconds)
  }

  func date(_ time: UInt64) -> String? {
    moment(time).map { $0.text(.milliseconds) + (isImported ? " (as imported)" : "") }
  }

  private func moment(_ time: UInt64) -> Timestamp? {
    guard let start else { return nil }
    let (sum, isOver) = start.addingReportingOverflow(Int64(clamping: time))
    return isOver ? nil : Timestamp(microseconds: sum)
  }

  private func tenths(_ time: UInt64, millis: Bool) -> String {
    let text = ClockText.text(time, millis: true)
    return millis ? text : String(text.dropLast(2))
  }

  func width(_ duration: UInt64) -> Int {
    isUTC && start != nil
      ? text(duration, millis: false).utf8.count
      : max(6, tenths(duration, millis: false).utf8.count)
  }
}
