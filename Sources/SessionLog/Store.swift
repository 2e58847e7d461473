package import Evidence
package import Platform

/// A store's place, name and public key.
///
/// Layout: schema/session-format.md §2.
///
/// Opening one reads `blackbox.json` and nothing else; only `Store.create` ever makes one.
package struct Store: Sendable {
  package let path: String
  package let origin: String
  package let created: String
  /// The key that the store says is its own.
  ///
  /// Whether to trust it is the verifier's decision.
  package let verifierKey: VerifierKey
  package let system: any FileSystem
  /// The group whose members may read, where the store was made for one.
  package var group: String?
  /// Reading may go unrecorded, if the reader asks for it.
  package var allowsUnrecordedReading = false

  /// Permission bits of files and directories: the group's readers see them and write nothing.
  package var filePermissions: UInt32 { group == nil ? 0o600 : 0o640 }
  package var directoryPermissions: UInt32 { group == nil ? 0o700 : 0o2750 }

  package static let format: Int64 = 1

  package func path(of part: String) -> String { Path.join(path, part) }
  package var logDirectory: String { path(of: "log") }
  package var entriesPath: String { path(of: "log/entries") }
  package var checkpointPath: String { path(of: "log/checkpoint") }
  package var edgePath: String { path(of: "log/edge") }
  package var lockPath: String { path(of: "log/lock") }
  package var indexPath: String { path(of: "index.sqlite") }
  package var sessionsPath: String { path(of: "sessions") }
  package var livePath: String { path(of: "live") }
  package var quarantinePath: String { path(of: "quarantine") }
  /// What replay keeps of long recordings; derived like the index.
  package var snapshotsPath: String { path(of: "snapshots") }
  package var reservePath: String { path(of: "reserve") }
  /// Names of sessions that await their anchor in the log.
  package var waitingPath: String { path(of: "log/waiting") }

  package func livePath(of id: SessionID) -> String { Path.join(livePath, id.text) }
  package func sessionPath(of id: SessionID) -> String {
    Path.join(sessionsPath, id.datePath, id.text + ".ndjson.zst")
  }

  /// Opens the store at `path`.
  ///
  /// - Throws: `.storeMissing`, `.newerFormat`, `.storeUnusable` or the file system's refusal.
  package static func open(_ path: String, in system: any FileSystem = SystemFiles.shared)
    throws(SessionLogFailure) -> Store
  {
    let place = Path.join(path, "blackbox.json")
    let bytes: [UInt8]
    do {
      bytes = try system.readSmallFile(place, limit: Limits.smallFile)
    } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      throw SessionLogFailure(
        .storeMissing, "no store", at: path, found: "no blackbox.json", wanted: "a store",
        advice: "Make one with `blackbox init \(path)`, or name another with --store.")
    }
    let json: JSONValue
    do { json = try JSONValue(parsing: bytes) } catch {
      throw unusable(place, found: error.reason, wanted: "JSON")
    }
    guard let format = json["format"]?.integer else {
      throw unusable(place, found: "no format", wanted: "\"format\":1")
    }
    guard format <= Self.format else {
      throw SessionLogFailure(
        .newerFormat, "the store is of a newer version", at: path, found: "format \(format)",
        wanted: "format \(Self.format)", advice: "Use a newer blackbox; nothing was touched.")
    }
    guard format == Self.format, let origin = json["origin"]?.string,
      let created = json["created"]?.string, let keyText = json["vkey"]?.string
    else {
      throw unusable(place, found: "fields missing", wanted: "format, origin, created, vkey")
    }
    let key: VerifierKey
    do { key = try VerifierKey(parsing: keyText) } catch {
      throw unusable(place, found: error.found, wanted: error.wanted)
    }
    var store = Store(
      path: path, origin: origin, created: created, verifierKey: key, system: system)
    store.group = json["group"]?.string
    store.allowsUnrecordedReading = json["allow_no_audit"]?.bool ?? false
    return store
  }

  private static func unusable(_ place: String, found: String, wanted: String)
    -> SessionLogFailure
  {
    SessionLogFailure(
      .storeUnusable, "the store's description cannot be read", at: place, found: found,
      wanted: wanted, advice: "Restore blackbox.json from a copy; it never changes after init.")
  }

  /// Ids of all session files, in order of their names; `visit` returns false to stop.
  ///
  /// Names that are not a session's, and files in a folder of another date, are passed to `stray`.
  package func eachSessionFile(
    _ visit: (SessionID) throws(SessionLogFailure) -> Bool,
    stray: (String) throws(SessionLogFailure) -> Void = { _ in }
  ) throws(SessionLogFailure) {
    func list(_ path: String) throws(SessionLogFailure) -> [String] {
      do throws(FileFailure) {
        // Nothing in a store is reached through a link.
        if try system.status(of: path).kind == .directory { return try system.list(path) }
      } catch {
        guard !error.isMissing else { return [] }
        throw SessionLogFailure(error)
      }
      try stray(path)
      return []
    }
    for year in try list(sessionsPath) {
      for month in try list(Path.join(sessionsPath, year)) {
        for day in try list(Path.join(sessionsPath, year, month)) {
          let folder = Path.join(sessionsPath, year, month, day)
          for name in try list(folder) {
            guard name.hasSuffix(".ndjson.zst"), let id = SessionID(name.dropLast(11)),
              id.datePath == "\(year)/\(month)/\(day)"
            else {
              try stray(Path.join(folder, name))
              continue
            }
            guard try visit(id) else { return }
          }
        }
      }
    }
  }

  /// Ids whose `live` entry exists: a writer holds it, or died holding it.
  package func liveSessions() throws(SessionLogFailure) -> [SessionID] {
    do { return try system.list(livePath).compactMap { SessionID($0) } } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      return []
    }
  }

  /// True if a writer holds the session's `live` lock now.
  package func isLive(_ id: SessionID) throws(SessionLogFailure) -> Bool {
    do throws(FileFailure) {
      let lock = try File(livePath(of: id), .read, in: system)
      return try !lock.lock(wait: false)
    } catch {
      // A link or the like was put there by no writer.
      guard error.isMissing || error.isForbiddenKind else { throw SessionLogFailure(error) }
      return false
    }
  }

  /// The newest sessions by their ids, newest first, without those that tell who read what.
  package func newestSessions(_ count: Int) throws(SessionLogFailure) -> [SessionID] {
    var ids: [SessionID] = []
    try eachSessionFile { id throws(SessionLogFailure) in
      if !AuditSession.mayBeAudit(id) { ids.append(id) }
      if ids.count >= 4 * count { ids.removeFirst(ids.count - count) }
      return true
    }
    return Array(ids.suffix(count).reversed())
  }

  /// True if line 0 says that the session tells who read what.
  private func isAudit(_ id: SessionID) throws(SessionLogFailure) -> Bool {
    do throws(SessionLogFailure) {
      var reader = try SessionReader(path: sessionPath(of: id), in: system)
      var batch = Batch()
      _ = try reader.next(into: &batch)
      return reader.start?.kind == "audit"
    } catch {
      // A damaged recording is one that somebody should see.
      return false
    }
  }

  /// True if the session's lock has a name, whether or not a writer holds it.
  package func isNamedLive(_ id: SessionID) throws(SessionLogFailure) -> Bool {
    do throws(FileFailure) {
      return try system.status(of: livePath(of: id)).kind == .regular
    } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      return false
    }
  }

  /// Finds the one session whose id starts or ends with `text`, case ignored; `@last` is the newest.
  package func resolve(_ text: String) throws(SessionLogFailure) -> SessionID {
    let wanted = text.uppercased()
    var matches: [SessionID] = []
    if wanted == "@LAST" {
      // Who read what is not the newest recording that anybody asks for.
      for id in try newestSessions(64) where try !isAudit(id) {
        matches = [id]
        break
      }
    } else {
      if let id = SessionID(wanted) { return id }
      guard wanted.utf8.count >= 2 else {
        throw SessionLogFailure(
          .unknownSession, "not a session", at: text, wanted: "two or more characters of an id",
          advice: "List them with `blackbox sessions`.")
      }
      try eachSessionFile { id throws(SessionLogFailure) in
        if id.text.hasPrefix(wanted) || id.text.hasSuffix(wanted) { matches.append(id) }
        return matches.count < 6
      }
    }
    guard let first = matches.first else {
      throw SessionLogFailure(
        .unknownSession, "no such session", at: text, found: "none in \(path)",
        wanted: "a session whose id starts or ends with it",
        advice: "List them with `blackbox sessions`.")
    }
    guard matches.count == 1 else {
      throw SessionLogFailure(
        .ambiguousSession, "more than one session", at: text,
        found: matches.map(\.text).joined(separator: ", ") + (matches.count > 5 ? ", …" : ""),
        wanted: "one", advice: "Give more characters of the id.")
    }
    return first
  }
}
