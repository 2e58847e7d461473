internal import Evidence
package import Platform
package import SessionLog

/// Looks at a store, its key and the machine, changes nothing, and says what is on, what is off and what to do.
package struct Doctor {
  /// Days of disk left that are worth a warning.
  static let fewDays = 30.0
  /// Days whose sessions give the rate.
  static let rateDays: Int64 = 7

  let store: Store
  private let state: StateDirectory
  private let clock: any Clock
  package private(set) var diagnoses: [Diagnosis] = []
  /// More days than the rate of a week can foretell.
  static let manyDays = 3650.0
  /// Days until the disk is full at the rate of the last days, at most `manyDays`; nil where nothing was recorded.
  package private(set) var daysLeft: Double?

  package init(_ store: Store, _ state: StateDirectory, clock: any Clock = SystemClock()) {
    self.store = store
    self.state = state
    self.clock = clock
  }

  /// Looks at everything; `cache` is the directory where replay keeps snapshots that the store does not take.
  package mutating func examine(cache: String? = nil) {
    note("store", .ok, "\(store.path), log \(store.origin)")
    examineKey()
    examineLog()
    examineWitnesses()
    examinePermissions()
    examineFileSystem()
    examineSpace()
    examineReserve()
    examineClock()
    examineLiveSessions()
    examineService()
    examineIndex()
    examineSnapshots(cache)
    examineLastSession()
  }

  mutating func note(
    _ name: String, _ state: Diagnosis.State, _ found: String, _ advice: String? = nil
  ) {
    diagnoses.append(Diagnosis(name, state, found, advice: advice))
  }

  // MARK: Key and log

  private mutating func examineKey() {
    do throws(SessionLogFailure) {
      _ = try state.signer(for: store)
    } catch {
      return note("key", .broken, Self.words(error), error.advice)
    }
    do throws(FileFailure) {
      let key = try SystemFiles.shared.status(of: state.keyPath)
      if key.permissions & 0o077 != 0 {
        return note(
          "key", .warning, "\(state.keyPath) may be read by others",
          "chmod 600 \(state.keyPath); who could read it can sign in this log's name.")
      }
      note("key", .ok, state.keyPath)
    } catch {
      note("key", .broken, error.reason)
    }
    // Text only: a link in between would be followed by the system too.
    if (state.path + "/").hasPrefix(store.path + "/") {
      note(
        "state", .warning, "\(state.path) lies inside the store",
        "Move it out (--state, $BLACKBOX_STATE): whoever copies or rolls back the store takes key and "
          + "guard along.")
    } else {
      note("state", .ok, state.path)
    }
  }

  private mutating func examineLog() {
    do throws(SessionLogFailure) {
      try TransparencyLog(store, state).check()
      let head = try store.checkpoint(signedBy: store.verifierKey).0
      note("log", .ok, "\(head.size) leaves, the guard agrees")
    } catch {
      note(
        "log", error.kind == .diverged ? .diverged : .broken, Self.words(error), error.advice)
    }
  }

  private mutating func examineWitnesses() {
    do throws(SessionLogFailure) {
      let signatures = try store.checkpoint(signedBy: store.verifierKey).1.signatures.count
      if signatures > 1 {
        note("witnesses", .ok, "\(signatures - 1) cosignatures on the newest checkpoint")
      } else {
        note(
          "witnesses", .fact, "none: who has the key could rewrite everything unseen",
          "Keep copies of log/checkpoint elsewhere: verify --known-checkpoint FILE holds the store against them."
        )
      }
    } catch {
      // Said under `log`.
    }
  }

  // MARK: Disk

  private mutating func examinePermissions() {
    do throws(FileFailure) {
      let place = try SystemFiles.shared.status(of: store.path)
      let mode = String(place.permissions & 0o777, radix: 8)
      if place.permissions & 0o007 != 0 {
        note(
          "permissions", .warning, "everybody may enter \(store.path) (mode \(mode))",
          "chmod o-rwx \(store.path)")
      } else if place.owner != effectiveUser {
        note(
          "permissions", .fact,
          "the store belongs to \(userName(of: place.owner) ?? "uid \(place.owner)"), not to this user",
          "Record as its owner, or stream to it: record --to SOCKET.")
      } else {
        note("permissions", .ok, "mode \(mode), this user's own")
      }
    } catch {
      note("permissions", .broken, error.reason)
    }
  }

  private mutating func examineFileSystem() {
    do throws(FileFailure) {
      let facts = try FileSystemFacts(of: store.path)
      switch facts.durability {
      case .wholeFileSystem:
        let isWhole = FileSystemFacts.syncsWhole(store.path)
        note(
          "file_system", .ok,
          facts.name
            + (isWhole
              ? ", one sync serves all sessions"
              : ", each session is synced by itself: the kernel is older than 5.17"))
      case .singleFiles: note("file_system", .ok, "\(facts.name), each session is synced by itself")
      case .none:
        note(
          "file_system", .warning, "\(facts.name): nothing survives a power cut",
          "Keep the store on a disk.")
      case .remote:
        note(
          "file_system", .warning, "\(facts.name): syncs and locks are another machine's word",
          "Keep the store on a disk of this machine and archive from there.")
      case .unknown:
        note(
          "file_system", .warning, "\(facts.name): nothing is known of what its syncs promise",
          "Use ext4, XFS or Btrfs where you can.")
      }
    } catch {
      note("file_system", .broken, error.reason)
    }
  }

  private mutating func examineSpace() {
    do {
      let facts = try FileSystemFacts(of: store.path)
      let recent = try recentBytes()
      let free = Self.megabytes(facts.freeBytes)
      guard recent.bytes > 0 else {
        return note(
          "disk", facts.freeBytes < 64 << 20 ? .warning : .ok,
          "\(free) free; nothing was recorded in the last \(Self.rateDays) days")
      }
      let perDay = Double(recent.bytes) / recent.days
      let days = min(Double(facts.freeBytes) / perDay, Self.manyDays)
      daysLeft = days
      let words =
        "\(free) free, \(Self.megabytes(UInt64(perDay))) a day lately: "
        + (days < Self.manyDays ? "\(Int(days)) days" : "more than ten years") + " left"
      note(
        "disk", days < Self.fewDays ? .warning : .ok, words,
        days < Self.fewDays ? "Free space, or move the store, before recording has to stop." : nil)
    } catch {
      note("disk", .broken, (error as? FileFailure)?.reason ?? "the sessions cannot be listed")
    }
  }

  /// Bytes of the sessions that began in the last days, and over how many days.
  private func recentBytes() throws -> (bytes: UInt64, days: Double) {
    let now = clock.wall()
    let day: Int64 = 86_400_000_000
    var bytes: UInt64 = 0
    var oldest = now
    for back in 0...Self.rateDays {
      let (year, month, date) = WallTime.civil((now - back * day) / day)
      let folder = Path.join(
        store.sessionsPath, Self.pad(year, 4), "\(Self.pad(month, 2))/\(Self.pad(date, 2))")
      let names: [String]
      do throws(FileFailure) { names = try SystemFiles.shared.list(folder) } catch {
        if error.isMissing { continue }
        throw error
      }
      for name in names {
        bytes += try SystemFiles.shared.status(of: Path.join(folder, name)).size
      }
      if !names.isEmpty { oldest = (now - back * day) / day * day }
    }
    // A store of an hour says nothing of a day: at least one is counted.
    return (bytes, max(1, Double(now - oldest) / Double(day)))
  }

  private mutating func examineReserve() {
    do throws(FileFailure) {
      let size = try SystemFiles.shared.status(of: store.reservePath).size
      note("reserve", .ok, "\(Self.megabytes(size)) kept for closing sessions on a full disk")
    } catch {
      note(
        "reserve", .warning, "not there: \(error.reason)",
        "It was given up on a full disk; the next session that closes fills it again.")
    }
  }

  // MARK: The machine and what runs

  private mutating func examineClock() {
    switch isClockSynchronised() {
    case true?: note("clock", .ok, "synchronised")
    case false?:
      note(
        "clock", .warning, "not synchronised: times of sessions are this machine's word alone",
        "Run a time service such as chrony.")
    case nil: note("clock", .fact, "the kernel does not say whether it is synchronised")
    }
  }

  private mutating func examineLiveSessions() {
    do throws(SessionLogFailure) {
      var live = 0
      var dead = 0
      for id in try store.liveSessions() {
        if try store.isLive(id) {
          live += 1
        } else if try !store.isOpenToReadings(id, clock: clock) {
          dead += 1
        }
      }
      if dead > 0 {
        note(
          "sessions", .warning, "\(live) recording, \(dead) left open by a recorder that died",
          "blackbox recover closes them.")
      } else {
        note("sessions", .ok, "\(live) recording, none left open")
      }
    } catch {
      note("sessions", .broken, Self.words(error), error.advice)
    }
  }

  private mutating func examineService() {
    do throws(FileFailure) {
      let lock = try File(store.path(of: "serve.lock"), .read, in: SystemFiles.shared)
      let isServed = try !lock.lock(wait: false)
      note("service", .fact, isServed ? "blackbox serve runs" : "blackbox serve does not run")
    } catch {
      note("service", .fact, "blackbox serve never ran on this store")
    }
  }

  private mutating func examineIndex() {
    do throws(FileFailure) {
      let size = try SystemFiles.shared.status(of: store.indexPath).size
      note("index", .ok, "\(Self.megabytes(size)) in \(store.indexPath)")
    } catch {
      note("index", .fact, "not made yet", "blackbox index makes it; any query does, too.")
    }
  }

  /// What was switched on when the newest terminal session was recorded: the settings are the recorder's options.
  private mutating func examineLastSession() {
    var newest: [SessionID] = []
    do throws(SessionLogFailure) {
      try store.eachSessionFile { id throws(SessionLogFailure) in
        newest.append(id)
        if newest.count > 64 { newest.removeFirst() }
        return true
      }
      for id in newest.reversed() {
        guard let settings = try settings(of: id) else { continue }
        return note(settings: settings, id)
      }
    } catch {
      return note("settings", .warning, Self.words(error), error.advice)
    }
    note("settings", .fact, "no terminal session is there to tell what is switched on")
  }

  /// The settings of a terminal session; nil for any other.
  private func settings(of id: SessionID) throws(SessionLogFailure) -> JSONValue? {
    var reader = try SessionReader(path: store.sessionPath(of: id), in: store.system)
    var batch = Batch()
    for _ in 0..<2 {
      guard try reader.next(into: &batch) != .end else { break }
      guard reader.start?.kind == "terminal" else { return nil }
      for index in 0..<min(8, batch.lineCount) {
        guard let line = batch.line(index), line.type == "recorder.config" else { continue }
        do throws(JSONFault) {
          let json = try line.json()
          if json["setting"]?.string == "recording", let value = json["value"] { return value }
        } catch { continue }
      }
    }
    return reader.start?.kind == "terminal" ? .object([]) : nil
  }

  private mutating func note(settings: JSONValue, _ id: SessionID) {
    let session = "session \(id.text)"
    let input = settings["input"]?.string ?? "off"
    note("input", .fact, "\(input) in the newest terminal \(session)")
    let names = settings["redact"]?.array?.compactMap(\.string) ?? []
    note(
      "redaction", .fact,
      names.isEmpty
        ? "off in the newest terminal \(session)"
        : "on in the newest terminal \(session): \(names.joined(separator: ", "))",
      names.isEmpty ? "record --redact default replaces keys, tokens and card numbers." : nil)
    let policy = settings["on_failure"]?.string ?? "block"
    note(
      "on_failure", policy == "block" ? .ok : .fact,
      policy == "block"
        ? "block: nothing runs unrecorded" : "\(policy): commands go on where recording fails")
  }

  // MARK: Words

  private static func words(_ failure: SessionLogFailure) -> String {
    var words = failure.what
    if !failure.place.isEmpty { words += ": \(failure.place)" }
    if let found = failure.found { words += ": found \(found)" }
    return words
  }

  static func megabytes(_ bytes: UInt64) -> String {
    if bytes < 1 << 20 { return "\(bytes >> 10) KiB" }
    return bytes < 10 << 30 ? "\(bytes >> 20) MiB" : "\(bytes >> 30) GiB"
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
