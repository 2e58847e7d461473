internal import Platform
internal import SessionLog

extension EventReader {
  /// What a line says beyond its own row.
  mutating func facts(
    _ row: inout EventRow, _ line: Span<UInt8>, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    let place = Int32(truncatingIfNeeded: block.rows.count)
    switch row.type {
    case IndexedTypes.decision: decide(&row, place, line, &source, &block)
    case IndexedTypes.maskings: mask(row, place, line, &source, &block)
    case IndexedTypes.gap:
      tally.gaps &+= 1
      let lost = source.amount(.events, line) ?? source.amount(.lines, line)
      block.gaps.append(
        GapFact(
          row: place, reason: source.word(.reason, line, &block), lost: lost, bytes: row.bytes,
          from: source.amount(.fromT, line), to: source.amount(.toT, line)))
    case IndexedTypes.fileTransfer:
      if !row.target.isNone {
        let isUpload = !source.isWord(.direction, "to_client", line)
        block.objects.append(
          ObjectFact(
            row: place, object: row.target, access: block.piece(isUpload ? "write" : "read")))
      }
    case IndexedTypes.policies, IndexedTypes.approvals, IndexedTypes.delegations,
      IndexedTypes.audits,
      IndexedTypes.classify, IndexedTypes.canary, IndexedTypes.toolApproved,
      IndexedTypes.mcpCatalog:
      do {
        block.others.append(
          OtherFact(row: place, type: row.type, json: try JSONValue(parsing: line)))
      } catch { source.odd &+= 1 }
    default: break
    }
    if source.has(.objects) { list(&row, place, line, &source, &block) }
    if row.type == IndexedTypes.approvals.lowerBound || row.disposition == 14 { tally.held &+= 1 }
  }

  private mutating func decide(
    _ row: inout EventRow, _ place: Int32, _ line: Span<UInt8>, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    let outcome = DecisionFact.Outcome.allCases.first {
      guard let field = source.fields[.outcome], field.kind == .string else { return false }
      return String(copying: line, field.value) == $0.rawValue
    }
    guard let outcome else {
      source.odd &+= 1
      return
    }
    var fact = DecisionFact(row: place, outcome: outcome)
    fact.subject = source.reference(.subject, line, &block) ?? EventReference()
    fact.isEnforced = source.bool(.enforced, line) ?? true
    fact.rule = source.word(.rule, line, &block)
    fact.reason = source.word(.reason, line, &block)
    fact.approval = source.word(.approval, line, &block, limit: 512)
    fact.inputDigest = source.word(.inputDigest, line, &block, limit: 128)
    fact.latency = source.amount(.latencyUs, line)
    if let field = source.fields[.policy], field.kind == .object,
      let policy = PolicyReference(source.json(.policy, line))
    {
      let known = block.policies.lastIndex(of: policy) ?? block.policies.count
      if known == block.policies.count { block.policies.append(policy) }
      fact.policy = Int32(truncatingIfNeeded: known)
    }
    row.op = row.op.isNone ? block.piece(of: outcome.rawValue) : row.op
    if row.disposition == 0 { row.disposition = fact.disposition }
    block.decisions.append(fact)
  }

  private mutating func mask(
    _ row: EventRow, _ place: Int32, _ line: Span<UInt8>, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    let what: StaticString =
      switch row.type {
      case IndexedTypes.maskingMissed: "missed"
      case IndexedTypes.maskingError: "error"
      default: "applied"
      }
    var fact = MaskingFact(row: place, what: what)
    fact.subject = source.reference(.subject, line, &block) ?? EventReference()
    fact.direction = source.word(.direction2, line, &block, limit: 64)
    fact.object = source.word(.object, line, &block)
    fact.field = source.word(.field, line, &block)
    fact.infoType = source.word(.infoType, line, &block, limit: 512)
    fact.method = source.word(.method, line, &block, limit: 64)
    fact.found = source.amount(.found, line) ?? 0
    fact.masked = source.amount(.masked, line) ?? 0
    let detector = [
      source.word(.detector, line, &block), source.word(.detectorVersion, line, &block),
    ]
    fact.detector = detector[1].isNone ? detector[0] : block.join(detector, " ")
    if row.type == IndexedTypes.maskings.lowerBound { tally.masked &+= 1 }
    block.maskings.append(fact)
  }

  /// The objects of a statement; the first gives the target, where nothing else does.
  private mutating func list(
    _ row: inout EventRow, _ place: Int32, _ line: Span<UInt8>, _ source: inout FieldSource,
    _ block: inout EventBlock
  ) {
    guard let field = source.fields[.objects], field.kind == .array else {
      source.odd &+= 1
      return
    }
    var elements = FieldScanner(inside: field.value)
    var count = 0
    while let element = elements.element(line) {
      guard element.kind == .object, count < 256 else {
        if count < 256 { source.odd &+= 1 } else { source.cut &+= 1 }
        continue
      }
      var members = FieldScanner(inside: element.value)
      var (name, access) = (Piece.none, Piece.none)
      while let member = members.next(line) {
        guard member.kind == .string else { continue }
        if FieldScanner.equals(line, member.name, "name") {
          name = source.piece(member, line, &block, limit: FieldSource.nameLimit)
        } else if FieldScanner.equals(line, member.name, "access") {
          access = source.piece(member, line, &block, limit: 64)
        }
      }
      guard !name.isNone else {
        source.odd &+= 1
        continue
      }
      if row.target.isNone { row.target = name }
      block.objects.append(ObjectFact(row: place, object: name, access: access))
      count += 1
    }
  }
}

extension DecisionFact {
  /// OCSF disposition_id: 1 Allowed, 2 Blocked, 11 Corrected, 14 Delayed, 17 Logged, 27 Error.
  var disposition: Int64 {
    guard isEnforced else { return 17 }
    return switch outcome {
    case .allow: 1
    case .block: 2
    case .mask: 11
    case .hold: 14
    case .error: 27
    }
  }
}

extension PolicyReference {
  init?(_ json: JSONValue?) {
    guard let json, let name = json["name"]?.string else { return nil }
    self.name = name
    version = json["version"]?.string ?? json["version"]?.integer.map { String($0) } ?? ""
    digest = json["digest"]?.string ?? ""
  }
}
