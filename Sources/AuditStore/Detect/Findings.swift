internal import Platform
internal import SessionLog

/// What a detection found: one thing, named by the event that shows it.
package struct DetectedFinding: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable { case new, acknowledged, dismissed }

  /// `D9-0123456789`; follows from the rule and the place.
  package var id: String
  package var rule: String
  package var title: String
  package var severity: Int64
  /// `ID@SEQ` of the event that shows it.
  package var place: String
  package var detail: String
  /// All events it rests on, the first is `place`.
  package var evidence: [String]
  package var agent: String?
  package var session: String
  /// Microseconds since 1970, of the evidence.
  package var time: Int64
  package var state: State
  package var reason: String?

  /// What a `marker.review` names it by.
  package var key: String { "\(rule) \(place)" }
}

/// What a run of detections gave.
package struct DetectionRun: Sendable {
  package var fresh: [DetectedFinding] = []
  /// Findings that stand, by rule: those that were there before too.
  package var standing: [(rule: Detection, count: Int)] = []
  package var isComplete = true
  package var notes: [String] = []
}

/// Rows of one rule before they are findings.
struct RawFinding {
  var eid: Int64
  var details: [String]
  var more: [Int64]
  var count = 1
}

extension AuditIndex {
  /// Runs detections, and keeps what is found; what was found before is not found again.
  ///
  /// `canaries` are looked for by C1; `now` and `window` are microseconds.
  package func detect(
    _ rules: [Detection], now: Int64, window: Int64, canaries: CanaryBook? = nil
  ) throws(AuditFailure) -> DetectionRun {
    var run = DetectionRun()
    var found: [(Detection, [RawFinding])] = []
    for rule in rules {
      let raw: [RawFinding]
      switch rule.logic {
      case .sql(let text):
        raw = try indexed { () throws(SQLiteFailure) in try rows(text, now: now, window: window) }
      case .residual: raw = try indexed { () throws(SQLiteFailure) in try residue() }
      case .canaries:
        raw = try canaries.map { book throws(AuditFailure) in try seen(book) } ?? []
        if canaries == nil {
          run.notes.append("canaries cannot be looked for without the store's state")
        }
      }
      run.standing.append((rule, raw.count))
      found.append((rule, raw))
    }
    let all = found
    run.fresh = try database.transaction({ AuditFailure($0, at: store.indexPath) }) {
      () throws(AuditFailure) in
      try indexed { () throws(SQLiteFailure) in
        var fresh: [DetectedFinding] = []
        let told = try toldFindings()
        for (rule, raw) in all {
          for one in raw {
            if let new = try keep(one, of: rule), !told.contains(new.key) { fresh.append(new) }
          }
        }
        try applyReviews()
        return fresh
      }
    }
    return run
  }

  /// Takes up a review that was just recorded: its event comes into the index only with the audit
  /// session's next leaf.
  package func take(
    _ finding: DetectedFinding, disposition: String, reason: String?
  ) throws(AuditFailure) {
    guard isWritable, let state = Self.state(disposition) else { return }
    try indexed { () throws(SQLiteFailure) in
      try database.run(
        """
        UPDATE finding SET state = \(state.rawValue), reason = \(SQLValue(reason))
        WHERE rule = \(finding.rule) AND key = \(finding.place)
        """)
    }
  }

  private func rows(_ text: StaticString, now: Int64, window: Int64) throws(SQLiteFailure)
    -> [RawFinding]
  {
    let statement = try database.prepare(SQL(stringLiteral: text))
    for (place, name) in statement.parameterNames.enumerated() {
      try statement.bind(.integer(name == "now" ? now : window), at: place + 1)
    }
    var found: [Int64: RawFinding] = [:]
    while try statement.step() {
      guard let eid = statement.optionalInteger(0) else { continue }
      let detail = statement.text(1)
      let more = statement.text(2).split(separator: " ").compactMap { Int64($0) }
      if found[eid] == nil {
        found[eid] = RawFinding(eid: eid, details: [detail], more: more)
      } else {
        if found[eid]?.details.contains(detail) == false { found[eid]?.details.append(detail) }
        found[eid]?.more += more
        found[eid]?.count += 1
      }
    }
    return found.values.sorted { $0.eid < $1.eid }
  }

  /// Cards, tokens and keys in stored text: type and count, never the value.
  private func residue() throws(SQLiteFailure) -> [RawFinding] {
    var texts: [Int64: [ResidualKind: Int]] = [:]
    let all = try database.prepare("SELECT tid, body FROM txt")
    while try all.step() {
      for hit in ResidualScan.hits(in: Array(all.text(1).utf8)) {
        texts[all.integer(0), default: [:]][hit.kind, default: 0] += 1
      }
    }
    return try places(of: texts.keys.sorted()).map { eid, tids in
      var counts: [ResidualKind: Int] = [:]
      for tid in tids { counts.merge(texts[tid] ?? [:]) { $0 + $1 } }
      let words = ResidualKind.allCases.compactMap { kind in
        counts[kind].map { "\($0) \(kind.rawValue)" }
      }
      return RawFinding(
        eid: eid, details: [words.joined(separator: ", ")], more: [],
        count: counts.values.reduce(0, +))
    }
  }

  /// Where texts stand: for each event its texts.
  func places(of texts: [Int64]) throws(SQLiteFailure) -> [(Int64, [Int64])] {
    var places: [Int64: [Int64]] = [:]
    let rows = try database.prepare(
      "SELECT eid FROM event WHERE tid = ?1 UNION ALL SELECT eid FROM shown WHERE tid = ?1")
    for text in texts {
      try rows.bind(.integer(text), at: 1)
      while try rows.step() { places[rows.integer(0), default: []].append(text) }
    }
    return places.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Files a finding; nil where it is known.
  private func keep(_ raw: RawFinding, of rule: Detection) throws(SQLiteFailure) -> DetectedFinding?
  {
    guard let place = try place(raw.eid) else { return nil }
    var evidence = [place]
    for eid in raw.more.prefix(50) {
      if let other = try self.place(eid), !evidence.contains(other) { evidence.append(other) }
    }
    var detail = raw.details.prefix(5).joined(separator: "; ")
    if raw.details.count > 5 { detail += "; and \(raw.details.count - 5) more" }
    let about = try database.prepare(
      """
      SELECT s.sid, s.agent, a.uid, s.uid, coalesce((SELECT e.ts_us FROM event AS e
        WHERE e.eid = \(raw.eid)), s.start_us) FROM session AS s
        LEFT JOIN identity AS a ON a.iid = s.agent WHERE s.sid = \(raw.eid >> 32)
      """)
    guard try about.step() else { return nil }
    let time = about.integer(4)
    let fid = Self.findingNumber(rule.id, place)
    try database.run(
      """
      INSERT INTO finding(fid, rule, key, sev, title, detail, sid, eid, agent, n, first_us, last_us,
        evidence) VALUES(\(fid), \(rule.id), \(place), \(rule.severity), \(rule.title), \(detail),
        \(about.integer(0)), \(raw.eid), \(about.value(1)), \(Int64(raw.count)), \(time), \(time),
        \(evidence.joined(separator: " ")))
      ON CONFLICT(rule, key) DO NOTHING
      """)
    guard database.changes > 0 else {
      try database.run(
        """
        UPDATE finding SET detail = \(detail), n = \(Int64(raw.count)),
          evidence = \(evidence.joined(separator: " ")), sev = \(rule.severity)
        WHERE fid = \(fid) AND (detail, n, evidence, sev)
          IS NOT (\(detail), \(Int64(raw.count)), \(evidence.joined(separator: " ")), \(rule.severity))
        """)
      return nil
    }
    return DetectedFinding(
      id: Self.findingName(rule.id, fid), rule: rule.id, title: rule.title,
      severity: rule.severity, place: place, detail: detail, evidence: evidence,
      agent: about.optionalText(2), session: about.text(3), time: time, state: .new, reason: nil)
  }

  func place(_ eid: Int64) throws(SQLiteFailure) -> String? {
    let uid = try database.value("SELECT uid FROM session WHERE sid = \(eid >> 32)")
    guard case .text(let session) = uid else { return nil }
    return "\(session)@\(eid & 0xFFFF_FFFF)"
  }

  /// The finding's number: 62 bits of a digest of its rule and place.
  static func findingNumber(_ rule: String, _ place: String) -> Int64 {
    let text = "blackbox/finding/v1\n\(rule)\n\(place)"
    let bytes: [UInt8]
    do { bytes = try SHA256.hash(Array(text.utf8)).bytes } catch { return 0 }
    return Int64(bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 2)
  }

  static func findingName(_ rule: String, _ number: Int64) -> String {
    let hex = String(UInt64(number & 0xFF_FFFF_FFFF), radix: 16)
    return rule + "-" + String(repeating: "0", count: 10 - hex.utf8.count) + hex
  }

  private func applyReviews() throws(SQLiteFailure) {
    let reviews = try database.prepare(
      """
      SELECT json_extract(e.attrs, '$.finding'), coalesce(json_extract(e.attrs, '$.disposition'), e.op),
        json_extract(e.attrs, '$.reason')
      FROM event AS e JOIN etype AS n ON n.t = e.t
      WHERE n.name = 'marker.review' AND e.attrs IS NOT NULL ORDER BY e.ts_us, e.eid
      """)
    var last: [String: (DetectedFinding.State, String?)] = [:]
    while try reviews.step() {
      guard let key = reviews.optionalText(0), let state = Self.state(reviews.text(1)) else {
        continue
      }
      last[key] = (state, reviews.optionalText(2))
    }
    for (key, (state, reason)) in last {
      guard let blank = key.firstIndex(of: " ") else { continue }
      try database.run(
        """
        UPDATE finding SET state = \(state.rawValue), reason = \(SQLValue(reason))
        WHERE rule = \(String(key[..<blank])) AND key = \(String(key[key.index(after: blank)...]))
          AND (state, reason) IS NOT (\(state.rawValue), \(SQLValue(reason)))
        """)
    }
  }

  /// Findings that were told before, by their keys, as `marker.risk` events say.
  private func toldFindings() throws(SQLiteFailure) -> Set<String> {
    let rows = try database.prepare(
      """
      SELECT coalesce(json_extract(e.attrs, '$.label'), x.body), json_extract(e.attrs, '$.subject')
      FROM event AS e JOIN etype AS n ON n.t = e.t LEFT JOIN txt AS x ON x.tid = e.tid
      WHERE n.name = 'marker.risk' AND e.attrs IS NOT NULL
      """)
    var told = Set<String>()
    while try rows.step() {
      let rule = rows.text(0).prefix { $0 != " " }
      told.insert("\(rule) \(rows.text(1))")
    }
    return told
  }

  private static func state(_ disposition: String) -> DetectedFinding.State? {
    switch disposition {
    case "acknowledged", "accepted", "escalated": .acknowledged
    case "dismissed": .dismissed
    case "reopened": .new
    default: nil
    }
  }

  /// Findings whose name, or its end of four characters or more, is given.
  package func findings(named name: String) throws(AuditFailure) -> [DetectedFinding] {
    try indexed { () throws(SQLiteFailure) in
      let rows = try database.prepare(
        """
        SELECT f.fid, f.rule, f.title, f.sev, f.key, f.detail, f.evidence, a.uid, s.uid, f.first_us,
          f.state, f.reason
        FROM finding AS f JOIN session AS s ON s.sid = f.sid LEFT JOIN identity AS a ON a.iid = s.agent
        WHERE f.rule || '-' || printf('%010x', f.fid & 1099511627775) LIKE \("%" + name)
          OR f.rule || ' ' || f.key = \(name) OR f.key = \(name) LIMIT 6
        """)
      var found: [DetectedFinding] = []
      while try rows.step() {
        found.append(
          DetectedFinding(
            id: Self.findingName(rows.text(1), rows.integer(0)), rule: rows.text(1),
            title: rows.text(2), severity: rows.integer(3), place: rows.text(4),
            detail: rows.text(5), evidence: rows.text(6).split(separator: " ").map(String.init),
            agent: rows.optionalText(7), session: rows.text(8), time: rows.integer(9),
            state: DetectedFinding.State(rawValue: rows.text(10)) ?? .new,
            reason: rows.optionalText(11)))
      }
      return found
    }
  }
}
