internal import Platform
internal import SessionLog

/// Records what a verb read: `try arguments.record(.query, in: store, rows: n, sessions: ids, &io)`.
///
/// One line where a result is shown at once: it is recorded before anything of it leaves the program. What is shown bit
/// by bit asks for the trail first, which refuses where nothing can be recorded, and records when it knows how much:
///
///     let trail = try arguments.trail(of: store, &io)
///     …
///     try trail.record(.export, rows: count, sessions: [id], &io)
///
/// The verb's description says `isReading: true`, which gives it `--purpose` and `--no-audit`.
struct ReadingTrail {
  enum Kind { case query, replay, export, report, verify, erase }

  fileprivate let trail: AccessTrail
  fileprivate let reading: Reading

  /// Records the reading; durable on return.
  ///
  /// A store whose log is damaged can be looked at all the same: the damage is the finding, and the gap is said.
  func record(
    _ kind: Kind, rows: Int? = nil, sessions: [SessionID] = [], _ io: inout Output
  ) throws {
    var reading = reading
    reading.rows = rows.map { Int64($0) }
    if !sessions.isEmpty {
      reading.sessions = sessions.prefix(100).map(\.text)
      if sessions.count > 100 { reading.sessionsTotal = Int64(sessions.count) }
    }
    do throws(SessionLogFailure) {
      switch kind {
      case .query: try trail.record(AuditQueryEvent(reading))
      case .replay: try trail.record(AuditReplayEvent(reading))
      case .export: try trail.record(AuditExportEvent(reading))
      case .report: try trail.record(AuditReportEvent(reading))
      case .verify: try trail.record(AuditVerifyEvent(reading))
      case .erase: try trail.record(AuditEraseEvent(reading))
      }
    } catch {
      guard error.kind == .diverged || error.kind == .storeUnusable else { throw error }
      io.warn("this reading is not recorded: \(error.what)")
    }
  }
}

extension ParsedArguments {
  /// Finds out how this reading will be recorded, before anything is shown.
  ///
  /// - Throws: it cannot be, and the store allows no other.
  func trail(of store: Store, _ io: inout Output) throws -> ReadingTrail {
    let location = try self.store()
    let trail = try AccessTrail(
      store, state: location.state, socket: environment["BLACKBOX_SOCKET"],
      isWaived: flag("no-audit"))
    if case .unrecorded(let why) = trail.route { io.note("not recorded: \(why)") }
    var reading = Reading(reader: AccessTrail.reader, verb: description.name)
    let query = typedText
    reading.query = query
    reading.queryDigest = trail.digest(of: query)
    reading.purpose = value("purpose") ?? environment["BLACKBOX_PURPOSE"]
    reading.format = description.outputs.isEmpty ? nil : format.rawValue
    return ReadingTrail(trail: trail, reading: reading)
  }

  /// Records a reading whose result is not shown yet.
  func record(
    _ kind: ReadingTrail.Kind, in store: Store, rows: Int? = nil, sessions: [SessionID] = [],
    _ io: inout Output
  ) throws {
    try trail(of: store, &io).record(kind, rows: rows, sessions: sessions, &io)
  }

  /// What was asked, as it could be typed again; the purpose stands in a field of its own.
  private var typedText: String {
    var words = [description.name]
    var isPurpose = false
    for word in typed {
      if isPurpose {
        isPurpose = false
      } else if word == "--purpose" {
        isPurpose = true
      } else if !word.hasPrefix("--purpose=") {
        words.append(Self.quoted(word))
      }
    }
    let text = words.joined(separator: " ")
    return text.utf8.count <= 4096 ? text : String(text.prefix(1000)) + " …"
  }

  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "@%+=:,./-_".utf8.contains(byte)
    }
    if isPlain, !word.isEmpty { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false).joined(
        separator: "'\\''") + "'"
  }
}
