package import SessionLog
internal import Terminal
package import Text

/// Reads hits of a search again, from verified bytes.
package struct HitVerifier: Sendable {
  private let store: Store
  private let log: LogView
  private let pattern: SearchPattern

  package init(store: Store, log: LogView, pattern: SearchPattern) {
    (self.store, self.log, self.pattern) = (store, log, pattern)
  }

  /// The hits that stand in lines under a commit that holds, of sessions without a finding up to
  /// there; in their order.
  package func holding(_ hits: [SearchHit]) throws(AuditFailure) -> [SearchHit] {
    var good = Set<String>()
    for (session, group) in Dictionary(grouping: hits, by: \.session) {
      guard let id = SessionID(session) else { continue }
      for hit in try held(group, id) { good.insert(hit.place + (hit.isShown ? "!" : "")) }
    }
    return hits.filter { good.contains($0.place + ($0.isShown ? "!" : "")) }
  }

  private func held(_ hits: [SearchHit], _ id: SessionID) throws(AuditFailure) -> [SearchHit] {
    let events = Dictionary(grouping: hits.filter { !$0.isShown }, by: \.sequence)
    let shown = Set(hits.filter(\.isShown).map(\.sequence))
    let lastShown = shown.max() ?? -1
    var found: [SearchHit] = []
    var matcher = PatternMatcher(pattern)
    var screen: VirtualTerminal?
    let verdict = try logged { () throws(SessionLogFailure) in
      try StoreVerifier.verify(id, in: store, log: log) {
        (batch, isCommitted) throws(SessionLogFailure) in
        guard isCommitted else { return }
        for index in 0..<batch.lineCount {
          let sequence = Int64(clamping: batch.firstLine &+ UInt64(index))
          if let wanted = events[sequence], let line = batch.line(index) {
            if Self.holds(line, &matcher) { found += wanted }
          }
          guard sequence <= lastShown, let line = batch.line(index) else { continue }
          Self.feed(line, &screen)
          if shown.contains(sequence), let text = screen.map(Self.text),
            matcher.matches(Array(text.utf8).span)
          {
            found += hits.filter { $0.isShown && $0.sequence == sequence }
          }
        }
      }
    }
    // One finding anywhere casts doubt on all of it.
    return verdict.isIntact ? found : []
  }

  /// True if one of the line's strings matches, or its JSON as it stands.
  private static func holds(_ line: EventLine, _ matcher: inout PatternMatcher) -> Bool {
    if matcher.matches(line.bytes.span) { return true }
    var values: [JSONValue]
    do { values = [try line.json()] } catch { return false }
    while let value = values.popLast() {
      switch value {
      case .string(let text): if matcher.matches(Array(text.utf8).span) { return true }
      case .array(let elements): values += elements
      case .object(let members): values += members.map(\.value)
      case .null, .bool, .integer, .number: continue
      }
    }
    return false
  }

  private static func feed(_ line: EventLine, _ screen: inout VirtualTerminal?) {
    let json: JSONValue
    switch line.type {
    case "session.start", "terminal.resize", "terminal.output":
      do { json = try line.json() } catch { return }
    default: return
    }
    switch line.type {
    case "terminal.output":
      var bytes: [UInt8] = []
      let header = LineHeader(line.bytes.span)
      if let header { _ = Payload.append(from: line.bytes.span, header: header, to: &bytes) }
      screen?.feed(bytes)
    default:
      let place = json["terminal"] ?? json
      let columns = place["cols"]?.integer ?? 80
      let rows = place["rows"]?.integer ?? 24
      if screen == nil {
        screen = VirtualTerminal(columns: Int(clamping: columns), rows: Int(clamping: rows))
      } else {
        screen?.resize(columns: Int(clamping: columns), rows: Int(clamping: rows))
      }
    }
  }

  private static func text(_ screen: VirtualTerminal) -> String {
    screen.fullText().joined(separator: "\n")
  }
}
