internal import Platform
internal import Replay
internal import SessionLog

/// What is to be replayed: a session of a store, or a file on its own.
struct ReplaySubject: Sendable {
  private enum Place: Sendable {
    case session(SessionID, Store, Trust, StateDirectory?)
    case file(String)
  }

  private let place: Place

  /// Finds it; a name with a slash or a dot is a file, any other a session of the store.
  init(_ name: String, _ arguments: ParsedArguments) throws {
    if name.contains("/") || name.contains(".") {
      place = .file(name)
      return
    }
    let location = try arguments.store()
    let store = try Store.open(location.directory)
    let id = try store.resolve(name)
    // The log is held against this machine's own key where it has one, else against the store's word.
    var (trust, state) = (Trust(key: store.verifierKey, source: .unpinned), StateDirectory?.none)
    do throws(SessionLogFailure) {
      let own = try StateDirectory(for: store, override: location.state)
      _ = try own.guardCheckpoint(key: store.verifierKey)
      trust.source = .ownState
      state = own
    } catch {
      state = nil
    }
    place = .session(id, store, trust, state)
  }

  var hasLog: Bool { if case .session = place { true } else { false } }

  func open() throws(SessionLogFailure) -> Recording {
    switch place {
    case .session(let id, let store, _, _):
      try Recording.open(store.sessionPath(of: id), named: false, in: store.system)
    case .file(let path): try Recording.open(path, named: true, in: SystemFiles.shared)
    }
  }

  /// Walks all of it, log included; damage is in the verdict.
  func verify(
    _ visit: (borrowing Batch) -> Void = { _ in }
  ) throws(SessionLogFailure) -> SessionVerdict {
    switch place {
    case .file(let path):
      return try SessionVerifier.verify(file: path) {
        (batch: borrowing Batch, _: Bool) throws(SessionLogFailure) in visit(batch)
      }
    case .session(let id, let store, let trust, let state):
      let log = try LogView(store, trust: trust, state: state, only: id)
      var verdict = try SessionVerifier.verify(id, in: store, leaves: log.leaves[id] ?? []) {
        (batch: borrowing Batch, _: Bool) throws(SessionLogFailure) in visit(batch)
      }
      verdict.findings += log.findings
      return verdict
    }
  }
}
