internal import SessionLog

/// Writes ttyrec: frames of wall time and output bytes as they are, and nothing else.
struct TTYRecordEncoder: TerminalEncoder {
  var main: [UInt8] = []
  var timing: [UInt8] = []
  private(set) var losses = ExportLosses()
  private let origin: Int64

  init(_ start: SessionStart) { origin = start.recordedAt }

  mutating func begin() {}

  mutating func add(_ event: TerminalEvent, at time: UInt64) {
    switch event {
    case .output(let bytes):
      let moment = max(0, origin &+ Int64(clamping: time))
      word(UInt32(clamping: moment / 1_000_000))
      word(UInt32(clamping: moment % 1_000_000))
      word(UInt32(clamping: bytes.count))
      main += bytes
    case .input: losses.add(Loss.input)
    case .resize: losses.add(Loss.resize)
    case .marker: losses.add(Loss.marker)
    case .end(let code): if code != nil { losses.add(Loss.exit) }
    case .gap: losses.add(Loss.gap)
    case .other: losses.add(Loss.other)
    }
  }

  mutating func end() {}

  private mutating func word(_ value: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) {
      main.append(UInt8(truncatingIfNeeded: value >> UInt32(shift)))
    }
  }
}
