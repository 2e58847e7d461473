// Fields: schema/events.md.

/// How far the clock is from the true time.
package struct ClockSyncEvent: SessionEvent {
  package static let type: StaticString = "clock.sync"

  /// Μs that this clock is ahead (µs).
  package var offset: Int64
  /// Μs that may be wrong with it (µs).
  package var maximumError: Int64?
  /// `chrony`, `ntp`, `ptp` and others.
  package var source: String?
  /// NTP's.
  package var stratum: Int64?
  package var common = CommonFields()

  package init(offset: Int64) {
    self.offset = offset
  }

  package init(_: Blank) {
    offset = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("offset_us", &offset)
    try visitor.optional("max_error_us", &maximumError)
    try visitor.optional("source", &source)
    try visitor.optional("stratum", &stratum)
  }
}

/// The wall clock jumped against CLOCK_BOOTTIME.
package struct ClockStepEvent: SessionEvent {
  package static let type: StaticString = "clock.step"

  /// Μs that it jumped, forward positive (µs).
  package var delta: Int64
  /// Wall clock without the jump.
  package var before: EventTime?
  /// Wall clock after it.
  package var after: EventTime?
  /// Who set it, where known.
  package var source: String?
  package var common = CommonFields()

  package init(delta: Int64) {
    self.delta = delta
  }

  package init(_: Blank) {
    delta = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("delta_us", &delta)
    try visitor.optional("before", &before)
    try visitor.optional("after", &after)
    try visitor.optional("source", &source)
  }
}
