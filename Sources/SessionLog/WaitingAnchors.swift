internal import Evidence
internal import Platform

/// Sessions whose newest commit awaits its anchor: they go along with the next append to the log.
///
/// The names under `log/waiting` say only where to look. What is signed is read from the session itself.
enum WaitingAnchors {
  /// Anchors taken along at a time: the log's lock is held meanwhile.
  private static let most = 8

  /// Takes names away and returns the leaves of their sessions, each synced and read to its last commit.
  static func take(in store: Store, but appended: [Leaf]) -> [Leaf] {
    let names: [String]
    do { names = try store.system.list(store.waitingPath) } catch { return [] }
    var leaves: [Leaf] = []
    for id in names.compactMap({ SessionID($0) }).prefix(most)
    where !appended.contains(where: { $0.session == id }) {
      do throws(SessionLogFailure) {
        // Whoever appends now will leave a name of their own.
        guard let lock = try AuditSession.lock(id, in: store, wait: false) else {
          guard try store.isLive(id) else { throw Self.gone }
          continue
        }
        _ = lock
        let name = Path.join(store.waitingPath, id.text)
        try onDisk { () throws(FileFailure) in
          try store.system.remove(name)
          try File(store.sessionPath(of: id), .read, in: store.system).sync()
        }
        guard var reader = try AuditSession.walk(id, in: store), let digest = reader.digest else {
          continue
        }
        leaves.append(
          Leaf(
            .anchor, session: id, lines: reader.lastCommit?.lines ?? 0, root: reader.root(),
            bytes: reader.verifiedBytes, sha256: digest,
            time: appended.first?.time ?? SystemClock().wall()))
      } catch {
        // Closed, moved or unreadable: its own leaves say what is to be said.
        do { try store.system.remove(Path.join(store.waitingPath, id.text)) } catch { continue }
      }
    }
    return leaves
  }

  private static let gone = SessionLogFailure(.missing, "closed already", advice: "")
}
