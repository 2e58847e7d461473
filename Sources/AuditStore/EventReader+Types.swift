internal import Platform
internal import SessionLog

extension IndexedTypes {
  static let start = number("session.start")
  static let salt = number("session.salt")
  static let databaseConnect = number("database.connect")
  static let databaseQuery = number("database.query")
  static let databaseResult = number("database.result")
  static let httpRequest = number("http.request")
  static let httpResponse = number("http.response")
  static let mcpCall = number("mcp.call")
  static let mcpResult = number("mcp.result")
  static let mcpCatalog = number("mcp.catalog")
  static let kubernetes = number("kubernetes.request")
  static let sshChannel = number("ssh.channel")
  static let fileTransfer = number("file.transfer")
  static let tunnelOpen = number("tunnel.open")
  static let tunnelClose = number("tunnel.close")
  static let toolCall = number("tool.call")
  static let toolResult = number("tool.result")
  static let decision = number("policy.decision")
  static let policies = number("policy.load")...number("policy.deactivate")
  static let approvals = number("approval.request")...number("approval.break_glass")
  static let rejected = number("approval.rejected")
  static let expired = number("approval.expired")
  static let maskings = number("masking.applied")...number("masking.error")
  static let maskingMissed = number("masking.missed")
  static let maskingError = number("masking.error")
  static let delegations = number("delegation.issued")...number("delegation.rejected")
  static let authAttempt = number("auth.attempt")
  static let classify = number("resource.classify")
  static let canary = number("resource.canary")
  static let toolApproved = number("mcp.tool.approved")
  static let gap = number("recorder.gap")
  static let audits = number("audit.query")...number("audit.erase")
  static let markers = number("marker.note")...number("marker.review")
}

extension EventRow {
  /// A result, whose figures count for the action that it names.
  var isOutcome: Bool {
    type == IndexedTypes.databaseResult || type == IndexedTypes.httpResponse
      || type == IndexedTypes.mcpResult || type == IndexedTypes.toolResult
      || type == IndexedTypes.tunnelClose || type == IndexedTypes.kubernetes && !isAction
  }
}

extension EventReader {
  /// Fills a row from its line's fields, by type; facts of other tables go into the block.
  mutating func describe(
    _ row: inout EventRow, _ line: Span<UInt8>, _ header: LineHeader, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    let type = row.type
    let part = source.integer(.part, line) ?? 0
    if part == 0 {
      row.isAction = type > 0 && IndexedTypes.all[Int(type) - 1].isAction
      if let cause = source.reference(.causedBy, line, &block) { row.cause = cause }
      name(&row, line, &source, &block)
      row.code = source.word(.code, line, &block)
      row.duration = source.amount(.durationUs, line)
      row.rows = source.amount(.rows, line)
      row.bytes = source.amount(.bytes, line)
      if let severity = source.integer(.sev, line) {
        if (1...6).contains(severity) { row.severity = severity } else { source.odd &+= 1 }
      }
      row.disposition = source.integer(.disp, line) ?? 0
      row.digest = source.word(.actionDigest, line, &block, limit: 128)
      judge(&row, line, &source, &block)
      refer(&row, line, &source, &block)
      gather(row, line, &source)
      facts(&row, line, &source, &block)
    }
    if type == IndexedTypes.start {
      command(&row, line, &source, &block)
    } else if type != IndexedTypes.salt {
      text(&row, line, header, &source, &block)
      keep(&row, line, header, &block)
    }
  }

  /// `op` and `target`, by the table at the end of schema/events.md.
  private func name(
    _ row: inout EventRow, _ line: Span<UInt8>, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    row.op = source.word(.op, line, &block)
    row.target = source.word(.target, line, &block)
    let (hasOp, hasTarget) = (!row.op.isNone, !row.target.isNone)
    switch row.type {
    case IndexedTypes.databaseQuery:
      if !hasOp { row.op = source.word(.command, line, &block) }
    case IndexedTypes.databaseConnect:
      if !hasOp { row.op = block.piece("connect") }
      if !hasTarget { row.target = source.word(.database, line, &block) }
    case IndexedTypes.httpRequest:
      if !hasOp { row.op = source.word(.method, line, &block) }
      if !hasTarget {
        let (host, path) = (source.word(.host, line, &block), source.word(.path, line, &block))
        row.target = block.join([host, path], "")
      }
    case IndexedTypes.mcpCall:
      row.op = hasOp ? row.op : source.word(.method, line, &block)
      if !hasTarget { row.target = source.word(.name, line, &block) }
      let isWork =
        source.isWord(.method, "tools/call", line) || source.isWord(.method, "resources/read", line)
        || source.isWord(.method, "prompts/get", line)
      row.isAction = isWork && !source.isWord(.direction, "to_client", line)
    case IndexedTypes.mcpResult:
      if !hasOp { row.op = source.word(.method, line, &block) }
      if !hasTarget { row.target = source.word(.name, line, &block) }
    case IndexedTypes.kubernetes:
      if !hasOp { row.op = source.word(.verb, line, &block) }
      if !hasTarget {
        let parts = [
          source.word(.namespace, line, &block), source.word(.apiResource, line, &block),
          source.word(.name, line, &block),
        ]
        row.target = block.join(parts, "/")
      }
    case IndexedTypes.fileTransfer:
      if !hasOp {
        row.op = block.piece(
          source.isWord(.direction, "to_client", line) ? "download" : "upload")
      }
      if !hasTarget { row.target = source.word(.path, line, &block) }
    case IndexedTypes.tunnelOpen:
      if !hasOp { row.op = block.piece("open") }
      if !hasTarget, let dest = source.json(.dest, line) {
        let host = dest["host"]?.string ?? dest["ip"]?.string ?? ""
        let port = dest["port"]?.integer.map { ":\($0)" } ?? ""
        row.target = block.piece(of: host + port)
      }
    case IndexedTypes.sshChannel:
      row.isAction = source.has(.request)
      if !hasOp { row.op = source.word(.request, line, &block) }
      if row.op.isNone { row.op = block.piece("open") }
      if !hasTarget { row.target = source.word(.kind, line, &block) }
    case IndexedTypes.command:
      if !hasOp { row.op = block.piece("exec") }
    case IndexedTypes.toolCall:
      if !hasOp { row.op = block.piece("call") }
      if !hasTarget { row.target = source.word(.name, line, &block) }
    default:
      if IndexedTypes.policies.contains(row.type) || IndexedTypes.approvals.contains(row.type) {
        break
      }
      if !hasOp, row.type < 0 { row.op = source.word(.method, line, &block) }
      if !hasTarget, row.type < 0 { row.target = source.word(.name, line, &block) }
    }
  }

  /// Success or failure.
  private mutating func judge(
    _ row: inout EventRow, _ line: Span<UInt8>, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    func judged(_ isGood: Bool) -> Int64 { isGood ? 1 : 2 }
    let stated = source.integer(.status, line)
    if row.type == IndexedTypes.httpResponse {
      guard let stated else { return }
      row.code = block.piece(of: String(stated))
      row.status = judged((100..<400).contains(stated))
    } else if let stated, (0...2).contains(stated) {
      row.status = stated
    } else if let isError = source.bool(.isError, line) {
      row.status = judged(!isError)
    } else if let exit = source.integer(.exitCode, line) {
      row.status = judged(exit == 0)
    } else if row.type == IndexedTypes.databaseResult {
      row.status = judged(!source.has(.sqlstate) || source.isWord(.sqlstate, "00000", line))
    } else if row.type == IndexedTypes.kubernetes, let code = source.integer(.code, line) {
      row.status = judged((100..<400).contains(code))
    } else if row.type == IndexedTypes.mcpResult {
      row.status = judged(row.code.isNone)
    }
    if row.code.isNone {
      row.code = source.word(.sqlstate, line, &block)
      if row.code.isNone { row.code = source.word(.exitCode, line, &block) }
    }
    if row.type == IndexedTypes.tunnelClose, row.bytes == nil {
      row.bytes = source.amount(.bytesOut, line)
    }
    if row.type == IndexedTypes.kubernetes, let id = source.fields[.auditID], id.kind == .string {
      var hasher = Hasher()
      for index in id.value { hasher.combine(line[index]) }
      let key = hasher.finalize()
      if let first = auditIDs[key] {
        row.isAction = false
        if row.cause == EventReference() { row.cause.line = first }
      } else if auditIDs.count < 1 << 20 {
        auditIDs[key] = Int64(row.sequence)
      }
    }
    if row.type == IndexedTypes.rejected || row.type == IndexedTypes.expired, row.disposition == 0 {
      row.disposition = 25
    }
  }

  /// A resource other than the session's, and what markers, decisions and the like are about.
  private func refer(
    _ row: inout EventRow, _ line: Span<UInt8>, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    if row.cause == EventReference(), source.has(.subject),
      source.fields[.subject]?.kind != .object,
      let subject = source.reference(.subject, line, &block)
    {
      row.cause = subject
    }
    if row.type != IndexedTypes.start, let other = ResourceFact(source.json(.resource, line)),
      other != resource
    {
      let place = block.resources.firstIndex(of: other) ?? block.resources.count
      if place == block.resources.count { block.resources.append(other) }
      row.resource = Int32(truncatingIfNeeded: place)
    }
  }

  /// What the session's own row needs where line 0 is silent.
  private mutating func gather(
    _ row: EventRow, _ line: Span<UInt8>, _ source: inout FieldSource
  ) {
    if traceID == nil, source.has(.trace) || source.has(.traceparent) {
      if let id = source.json(.trace, line)?["trace_id"]?.string {
        traceID = id
      } else if let field = source.fields[.traceparent], field.kind == .string {
        traceID = Self.traceID(of: String(copying: line, field.value))
      }
    }
    if row.type == IndexedTypes.authAttempt, row.status == 1 {
      do {
        let json = try JSONValue(parsing: line)
        if sourceIP == nil { sourceIP = json["src"]?["ip"]?.string }
        if authMethod == nil { authMethod = json["method"]?.string }
        if tokenID == nil { tokenID = json["jti_hmac"]?.string }
      } catch {}
    }
  }

  /// The trace id within a W3C traceparent.
  static func traceID(of traceparent: String) -> String? {
    let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[1].utf8.count == 32 else { return nil }
    return String(parts[1])
  }

  /// The recorded command of line 0, to be found by.
  private func command(
    _ row: inout EventRow, _ line: Span<UInt8>, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    do {
      let words = try JSONValue(parsing: line)["argv"]?.array?.compactMap(\.string) ?? []
      guard !words.isEmpty else { return }
      file(block.piece(of: String(words.joined(separator: " ").prefix(8192))), in: &row, block)
    } catch { source.odd &+= 1 }
  }

  /// The words of a command, a statement, arguments or a message, to be found by.
  private mutating func text(
    _ row: inout EventRow, _ line: Span<UInt8>, _ header: LineHeader, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    var piece = Piece.none
    for name: FieldName in [.text, .args, .label, .message, .json] where piece.isNone {
      piece = source.raw(name, line, &block)
    }
    if piece.isNone, source.has(.data) || source.has(.data64) {
      scratch.removeAll(keepingCapacity: true)
      if Payload.append(from: line, header: header, to: &scratch) {
        // Bytes that are no text are shown as far as they are one.
        piece = block.piece(
          of: String(decoding: scratch.prefix(FieldSource.textLimit), as: UTF8.self))
      }
    }
    file(piece, in: &row, block)
  }

  /// Notes a row's text, and the numbers that it is stored under.
  private func file(_ piece: Piece, in row: inout EventRow, _ block: borrowing EventBlock) {
    guard piece.count > 0 else { return }
    do {
      let digest = try SHA256.hash(block.bytes.span.extracting(piece.range)).bytes
      row.text = piece
      row.textID = DerivedIDs.number(digest)
      row.textCheck = DerivedIDs.check(digest)
    } catch {
      // Without a digest there is no number; the row stays without its text.
    }
  }

  /// The whole object, for types that are rare enough.
  private func keep(
    _ row: inout EventRow, _ line: Span<UInt8>, _ header: LineHeader, _ block: inout EventBlock
  ) {
    guard row.type < 0 || row.type > 0 && IndexedTypes.all[Int(row.type) - 1].keepsFields,
      header.end < line.count, line[header.end] == 0x2C, line.count - header.end <= 4096
    else { return }
    let start = block.bytes.count
    block.bytes.append(0x7B)
    block.bytes.append(line, header.end + 1..<line.count)
    do {
      _ = try JSONValue(parsing: block.bytes.span.extracting(start..<block.bytes.count))
      row.attributes = Piece(
        start: Int32(clamping: start), count: Int32(clamping: block.bytes.count - start))
    } catch {
      block.bytes.removeLast(block.bytes.count - start)
    }
  }
}

extension EventBlock {
  mutating func piece(of text: String) -> Piece {
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    return Piece(start: Int32(clamping: start), count: Int32(clamping: bytes.count - start))
  }
}

extension String {
  init(copying line: Span<UInt8>, _ range: Range<Int>) {
    var bytes: [UInt8] = []
    bytes.append(line, range)
    self.init(decoding: bytes, as: UTF8.self)
  }
}
