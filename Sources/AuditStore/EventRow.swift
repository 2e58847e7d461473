internal import SessionLog

/// What the index keeps of one event line.
///
/// Field names by type: schema/events.md.
struct EventRow: Sendable, Equatable {
  var sequence: UInt64
  /// Batch and line in it: the event's place in the file.
  var batch: UInt64 = 0
  var line: Int = 0
  /// Microseconds since line 0.
  var time: UInt64
  var type: String
  var op: String?
  var target: String?
  /// 0 unknown, 1 success, 2 failure.
  var status: Int64 = 0
  /// OCSF disposition_id and severity_id.
  var disposition: Int64 = 0
  var severity: Int64 = 1
  var code: String?
  var text: String?
  var duration: Int64?
  var rows: Int64?
  var bytes: Int64?
  /// Line number, in the same session, of what led to this.
  var causedBy: UInt64?
  var gap: Gap?

  struct Gap: Sendable, Equatable {
    var reason: String
    var events: Int64?
    var bytes: Int64?
  }

  /// Reads a line.
  ///
  /// What is not JSON, or of another shape, still gives a row with its time and type.
  init(_ line: EventLine) {
    sequence = line.sequence
    time = line.time
    type = line.type
    let json: JSONValue
    do { json = try line.json() } catch { return }
    func word(_ names: String...) -> String? {
      for name in names {
        switch json[name] {
        case .string(let text)?: return text
        case .integer(let number)?: return String(number)
        default: continue
        }
      }
      return nil
    }
    op = word("op", "method", "verb", "outcome", "command")
    target = word("target", "object", "name", "tool", "path", "host")
    code = word("code", "sqlstate", "exit_code")
    text = word("text", "label", "sql")
    duration = json["dur_us"]?.integer
    rows = json["rows"]?.integer
    bytes = json["bytes"]?.integer
    severity = json["sev"]?.integer.flatMap { (1...6).contains($0) ? $0 : nil } ?? 1
    disposition = json["disp"]?.integer ?? 0
    if case .integer(let cause)? = json["caused_by"], cause >= 0 { causedBy = UInt64(cause) }
    readStatus(json)
    readSpecial(json)
  }

  private mutating func readStatus(_ json: JSONValue) {
    func judge(_ isGood: Bool) { status = isGood ? 1 : 2 }
    if type == "http.response", let number = json["status"]?.integer {
      code = String(number)
      judge((100..<400).contains(number))
    } else if let number = json["status"]?.integer, (0...2).contains(number) {
      status = number
    } else if let isError = json["is_error"]?.bool {
      judge(!isError)
    } else if let exit = json["exit_code"]?.integer {
      judge(exit == 0)
    } else if let state = json["sqlstate"]?.string {
      judge(state == "00000")
    } else if type == "kubernetes.request", let number = json["code"]?.integer {
      judge((100..<400).contains(number))
    }
  }

  private mutating func readSpecial(_ json: JSONValue) {
    switch type {
    case "policy.decision":
      guard disposition == 0 else { return }
      // OCSF: 1 Allowed, 2 Blocked, 11 Corrected, 14 Delayed, 17 Logged, 27 Error.
      if json["enforced"]?.bool == false {
        disposition = 17
      } else {
        switch json["outcome"]?.string {
        case "allow": disposition = 1
        case "block": disposition = 2
        case "mask": disposition = 11
        case "hold": disposition = 14
        case "error": disposition = 27
        default: break
        }
      }
    case "approval.rejected", "approval.expired":
      if disposition == 0 { disposition = 25 }
    case "recorder.gap":
      gap = Gap(
        reason: json["reason"]?.string ?? "", events: (json["events"] ?? json["lines"])?.integer,
        bytes: json["bytes"]?.integer)
    default: return
    }
  }

  /// True for what was refused: OCSF Blocked and Rejected.
  var isDenied: Bool { disposition == 2 || disposition == 25 }
}

/// The terminal's input or output within one batch.
struct Stretch: Sendable, Equatable {
  enum Stream: String, Sendable { case input, output }

  var stream: Stream
  var batch: UInt64
  var firstLine: UInt64
  var lastLine: UInt64
  var firstTime: UInt64
  var lastTime: UInt64
  var lines: UInt64 = 0
  /// Payload bytes, decoded.
  var bytes: UInt64 = 0
}

/// Counts over a session's verified lines.
package struct SessionTally: Sendable, Equatable {
  var lines: UInt64 = 0
  /// Bytes of all lines with their LFs.
  var bytes: UInt64 = 0
  var types: [String: UInt64] = [:]
  var denied: UInt64 = 0
  var masked: UInt64 = 0
  var inputBytes: UInt64 = 0
  var outputBytes: UInt64 = 0

  /// `t` of the last line counted.
  var lastTime: UInt64 = 0

  private var scratch: [UInt8] = []

  /// Counts a batch.
  mutating func add(_ batch: borrowing Batch) {
    add(
      batch, event: { (_: EventRow) throws(Never) in }, stretch: { (_: Stretch) throws(Never) in })
  }

  /// Counts a batch and gives out its rows: streams last, because a stretch ends with its batch.
  mutating func add<E: Error>(
    _ batch: borrowing Batch, event: (EventRow) throws(E) -> Void,
    stretch: (Stretch) throws(E) -> Void
  ) throws(E) {
    let number = batch.commit?.k ?? 0
    var stretches: [Stretch] = []
    lines &+= UInt64(batch.lineCount)
    for index in 0..<batch.lineCount where !batch.isWithheld(index) {
      let sequence = batch.firstLine &+ UInt64(index)
      let header = batch.withLine(index) { line -> LineHeader? in
        bytes &+= UInt64(line.count + 1)
        guard let header = LineHeader(line) else { return nil }
        lastTime = header.time
        types[header.typeName(in: line), default: 0] &+= 1
        let stream: Stretch.Stream
        if header.isType("terminal.output", in: line) {
          stream = .output
        } else if header.isType("terminal.input", in: line) {
          stream = .input
        } else {
          return header
        }
        let known = stretches.firstIndex { $0.stream == stream }
        let place = known ?? stretches.count
        if known == nil {
          stretches.append(
            Stretch(
              stream: stream, batch: number, firstLine: sequence, lastLine: sequence,
              firstTime: header.time, lastTime: header.time))
        }
        scratch.removeAll(keepingCapacity: true)
        _ = Payload.append(from: line, header: header, to: &scratch)
        stretches[place].lastLine = sequence
        stretches[place].lastTime = header.time
        stretches[place].lines &+= 1
        stretches[place].bytes &+= UInt64(scratch.count)
        return nil
      }
      guard header != nil, let line = batch.line(index) else { continue }
      var row = EventRow(line)
      (row.sequence, row.batch, row.line) = (sequence, number, index)
      if row.isDenied { denied &+= 1 }
      if row.type == "masking.applied" { masked &+= 1 }
      try event(row)
    }
    for ended in stretches {
      if ended.stream == .input { inputBytes &+= ended.bytes } else { outputBytes &+= ended.bytes }
      try stretch(ended)
    }
  }
}
