package import Platform

/// Records who read evidence: every query, replay, export, report and verification of a store.
///
/// Format: schema/session-format.md §4, the audit session; fields: schema/events.md, Reading.
///
/// Made before anything is shown, so that a reading that cannot be recorded is refused and not found out afterwards.
package struct AccessTrail: Sendable {
  /// Where readings go.
  package enum Route: Sendable, Equatable {
    /// This process writes the audit session itself.
    case own
    /// `serve` writes it; the value is its socket.
    case served(String)
    /// What is read is not the store itself but a copy, or cannot be written by anyone: nothing is recorded, and that is
    /// said.
    case unrecorded(String)
    /// The reader asked for it, and the store allows it.
    case waived
  }

  package let route: Route
  private let store: Store
  private let state: StateDirectory?
  private let clock: any Clock

  /// Finds out how readings of `store` are recorded.
  ///
  /// `socket` is `serve`'s, where the caller knows one.
  /// - Throws: `.refused`: they cannot be, and the store does not allow reading without.
  package init(
    _ store: Store, state override: String?, socket: String? = nil, isWaived: Bool = false,
    clock: any Clock = SystemClock()
  ) throws(SessionLogFailure) {
    self.store = store
    self.clock = clock
    var state: StateDirectory?
    do throws(SessionLogFailure) {
      state = try StateDirectory(for: store, override: override)
    } catch {
      // Its owner has no home here: the store came from elsewhere.
      state = nil
    }
    self.state = state
    if isWaived {
      guard store.allowsUnrecordedReading else {
        throw SessionLogFailure(
          .refused, "reading this store is recorded", at: store.path, found: "--no-audit",
          wanted: "a store made with init --allow-no-audit",
          advice: "Leave --no-audit out; `blackbox access` shows what is recorded.")
      }
      route = .waived
      return
    }
    switch Self.key(state) {
    case .readable:
      if store.isReadOnly {
        route = .unrecorded("a store on media that cannot be written")
      } else if try state?.belongs(to: store) == false {
        route = .unrecorded("a copy of the store that the key belongs to")
      } else {
        route = .own
      }
    case .missing where socket == nil:
      route = .unrecorded("a copy of a store, without its key")
    case .missing, .forbidden:
      guard let socket else {
        throw SessionLogFailure(
          .refused, "reading this store is recorded, and this user cannot record it",
          at: store.path, found: "no access to \(state?.keyPath ?? "the key")",
          wanted: "the socket of `blackbox serve`",
          advice: "Set BLACKBOX_SOCKET to it; serve must run with --allow-uid for this user.")
      }
      route = .served(socket)
    }
  }

  private enum Key { case readable, missing, forbidden }

  private static func key(_ state: StateDirectory?) -> Key {
    guard let state else { return .missing }
    do throws(FileFailure) {
      _ = try state.system.readSmallFile(state.keyPath, limit: Limits.smallFile)
      return .readable
    } catch {
      return error.isMissing ? .missing : .forbidden
    }
  }

  /// Records one reading; it is durable on return.
  ///
  /// - Throws: then it is not recorded, and what was read must not be given out.
  package func record(_ event: some SessionEvent) throws(SessionLogFailure) {
    switch route {
    case .waived, .unrecorded: return
    case .served(let socket):
      var event = event
      event.common.at = WallTime.formatMicroseconds(clock.wall())
      try AuditClient.send(event, to: socket)
    case .own:
      guard let state else { return }
      let session = AuditSession(store, state, user: effectiveUser, clock: clock)
      let owner = try onDisk { () throws(FileFailure) in
        try store.system.status(of: store.path).owner
      }
      // Files that root makes in another user's store would shut that user out of their own log.
      try asUser(owner) { () throws(SessionLogFailure) in try session.append(event) }
    }
  }

  /// Who reads, as the system says.
  package static var reader: Identity {
    var reader = Identity(issuer: "local", uid: String(realUser))
    reader.name = userName(of: realUser)
    return reader
  }

  /// The keyed digest of what was asked; nil where the store's secret is not ours to read.
  package func digest(of query: String) -> Digest? {
    guard route == .own, let state else { return nil }
    do { return try state.contentKey(for: store).digest(of: Array(query.utf8)) } catch {
      return nil
    }
  }
}

extension Store {
  /// True if nothing can be written because the file system is mounted so.
  fileprivate var isReadOnly: Bool {
    do throws(FileFailure) {
      _ = try File(lockPath, .createOrOpen(filePermissions), in: system)
      return false
    } catch {
      return error.isReadOnly
    }
  }
}
