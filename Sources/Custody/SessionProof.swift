package import Evidence
internal import Platform
package import SessionLog

/// Makes the proof of one session that anybody can check offline: its newest leaf, that leaf's
/// place in the log, and the signed checkpoint.
///
/// Format: C2SP tlog-proof; schema/session-format.md §5.
package enum SessionProof {
  /// What a proof could not be made from.
  package enum Failure: Error, Sendable {
    /// The log or the session is damaged: there is nothing to prove.
    case damaged([Finding])
    /// The session has no leaf in the signed log.
    case notLogged(SessionID)
    case log(SessionLogFailure)
  }

  /// Proves the newest leaf of `id`: the closing one where the session is closed.
  ///
  /// The session and the whole log are verified first; a proof of something that does not verify is never made.
  package static func make(_ id: SessionID, in store: Store, trust: Trust, state: StateDirectory?)
    throws(Failure) -> (ProofFile, SessionVerdict)
  {
    do {
      let log = try LogView(store, trust: trust, state: state, keepsHashes: true, only: id)
      guard log.findings.isEmpty else { throw Failure.damaged(log.findings) }
      let verdict = try SessionVerifier.verify(id, in: store, leaves: log.leaves[id] ?? [])
      guard let last = log.leaves[id]?.last else { throw Failure.notLogged(id) }
      guard verdict.isIntact else { throw Failure.damaged(verdict.findings) }
      var hasher: TreeHasher
      do { hasher = try TreeHasher() } catch { throw SessionLogFailure(error) }
      guard
        let path = InclusionProof.make(
          index: Int(clamping: last.index), of: log.hashes, using: &hasher)
      else { throw Failure.notLogged(id) }
      let note = try store.checkpoint(signedBy: trust.key).1
      guard let head = log.checkpoint, note.text == head.format() else {
        throw SessionLogFailure(
          .busy, "the log grew while it was read", at: store.path, advice: "Try again.")
      }
      return (
        ProofFile(extra: last.leaf.format(), index: last.index, path: path, note: note), verdict
      )
    } catch let failure as SessionLogFailure {
      throw .log(failure)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .notLogged(id)
    }
  }
}
