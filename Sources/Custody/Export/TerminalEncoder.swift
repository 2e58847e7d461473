internal import SessionLog

/// Writes one foreign format.
protocol TerminalEncoder {
  init(_ start: SessionStart)
  /// What was written and not yet taken, by part.
  var main: [UInt8] { get set }
  var timing: [UInt8] { get set }
  var losses: ExportLosses { get }
  mutating func begin()
  mutating func add(_ event: TerminalEvent, at time: UInt64)
  mutating func end()
}

/// Decimal seconds with all six digits of microseconds.
func appendSeconds(_ microseconds: UInt64, to bytes: inout [UInt8]) {
  bytes.append(contentsOf: String(microseconds / 1_000_000).utf8)
  bytes.append(0x2E)
  let rest = String(microseconds % 1_000_000)
  for _ in rest.utf8.count..<6 { bytes.append(0x30) }
  bytes.append(contentsOf: rest.utf8)
}

extension SessionStart {
  /// The wall time of the recording's first moment: the source's own where it was imported.
  var recordedAt: Int64 { imported?.at ?? start }
}
