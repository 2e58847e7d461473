internal import Evidence
package import Platform

/// A leaf with its place in the log.
package struct LoggedLeaf: Sendable {
  package var index: UInt64
  package var leaf: Leaf
  package init(index: UInt64, leaf: Leaf) {
    self.index = index
    self.leaf = leaf
  }
}

/// Walks one session from its first byte and holds it against the log.
///
/// Source: schema/session-format.md §§4 to 6.
package enum SessionVerifier {
  /// Gets every batch on the way; the Boolean says whether a commit covers it.
  package typealias Visit = (borrowing Batch, Bool) throws(SessionLogFailure) -> Void

  /// Checks a session of a store.
  ///
  /// `leaves` are the session's own, in log order, `receipts` are of this session too.
  ///
  /// Damage is in the verdict's findings. Throws only if the disk cannot be read at all.
  package static func verify(
    _ id: SessionID, in store: Store, leaves: [LoggedLeaf], receipts: [Receipt] = [],
    visit: Visit = { _, _ in }
  ) throws(SessionLogFailure) -> SessionVerdict {
    let path = store.sessionPath(of: id)
    var verdict = SessionVerdict(path: path)
    verdict.id = id
    verdict.openLeaf = leaves.first { $0.leaf.kind == .open }?.index
    verdict.lastLeaf = leaves.last?.index
    verdict.anchoredLines = leaves.last?.leaf.lines ?? 0
    verdict.isLive = try store.isLive(id)
    verdict.findings += orderFindings(leaves, path: path)
    if leaves.last?.leaf.kind == .prune { return verdict }
    do throws(SessionLogFailure) {
      var reader = try SessionReader(path: path, in: store.system)
      reader.receiptCheck = ReceiptCheck(receipts)
      try walk(&reader, leaves: leaves, into: &verdict, visit: visit)
    } catch {
      // Also while its lock is held: it is just begun, or a recovery puts aside what never began.
      if error.kind == .missing, leaves.isEmpty {
        if let receipt = receipts.first {
          verdict.findings.append(
            Finding(
              .receiptLines, .missing, .completeness, path: path,
              found: "neither a file nor a leaf",
              wanted: "\(receipt.lines) lines, as the receipt says",
              advice: "The session was taken out of the log too, or belongs to another store. "
                + "Keep the receipt: it is proof."))
          return verdict
        }
        throw SessionLogFailure(
          .unknownSession, "no such session", at: id.text, found: "neither a file nor a leaf",
          wanted: "a session of \(store.path)", advice: "List them with `blackbox sessions`.")
      }
      guard let finding = finding(of: error, path: path) else { throw error }
      verdict.findings.append(finding)
      return verdict
    }
    if let start = verdict.start {
      if start.session != id {
        verdict.findings.append(
          Finding(
            .sessionID, .malformed, .lines, path: path, line: 0, found: start.session.text,
            wanted: id.text, advice: "The file was renamed or exchanged. Restore it from a copy."))
      }
      if start.store != store.origin {
        verdict.findings.append(
          Finding(
            .storeUnlogged, .unlogged, .log, path: path, line: 0,
            found: "a session of \(start.store)", wanted: "one of \(store.origin)",
            advice: "It belongs to another store: verify it there."))
      }
    }
    if leaves.isEmpty {
      // Nothing was let through before the leaf: what a recorder that died there left holds no more than batch 0 under
      // a commit. Recovery puts it aside.
      let isNamed = try store.isNamedLive(id)
      let isUnfinished = isNamed && verdict.lines <= 2 && !verdict.isClosed
      if verdict.isLive || isUnfinished {
        verdict.facts.append(.starting)
      } else if verdict.findings.isEmpty {
        verdict.findings.append(
          Finding(
            .storeUnlogged, .unlogged, .log, path: path, found: "no leaf in the log",
            wanted: "an open leaf",
            advice: "Nobody signed for this session: it was put in, or its recorder never began."))
      }
    } else if !leaves.contains(where: { $0.leaf.kind.isFinal }) {
      verdict.facts.append(.open)
    }
    addFacts(to: &verdict)
    return verdict
  }

  /// Checks a file on its own: bytes and lines, but no log.
  package static func verify(
    file path: String, in system: any FileSystem = SystemFiles.shared, receipts: [Receipt] = [],
    visit: Visit = { _, _ in }
  ) throws(SessionLogFailure) -> SessionVerdict {
    var verdict = SessionVerdict(path: path)
    var reader = try SessionReader(path: path, named: true, in: system)
    reader.receiptCheck = ReceiptCheck(receipts)
    guard try reader.looksLikeSession() else {
      throw SessionLogFailure(
        .notARecording, "not a Blackbox recording", at: path, found: "other bytes",
        wanted: "a session file (.ndjson.zst with commit frames)",
        advice: "Give a session's id, or a file from a store's sessions folder.")
    }
    try walk(&reader, leaves: [], into: &verdict, visit: visit)
    verdict.id = verdict.start?.session
    verdict.anchoredLines = 0
    // No log tells whether a crash or a hand did it; it is not taken for a tail in good faith.
    if let fault = reader.tailFault { verdict.findings.append(fault) }
    if verdict.tornBytes > 0, verdict.findings.isEmpty {
      verdict.findings.append(
        Finding(
          .damagedTail, .truncated, .bytes, path: path, offset: verdict.bytes,
          found: "\(verdict.tornBytes) bytes that are no whole lines",
          wanted: "a close commit, or the end of a flushed block",
          advice: "The file was cut, or copied while it was written. All lines before are whole; "
            + "get the rest from the store."))
    }
    if !verdict.isClosed, verdict.findings.isEmpty { verdict.facts.append(.open) }
    addFacts(to: &verdict)
    return verdict
  }

  // MARK: The walk

  private static func walk(
    _ reader: inout SessionReader, leaves: [LoggedLeaf], into verdict: inout SessionVerdict,
    visit: Visit
  ) throws(SessionLogFailure) {
    let lastErase = leaves.lastIndex { $0.leaf.kind == .erase } ?? 0
    var pending = leaves.indices.filter { leaves[$0].leaf.kind != .prune }[...]
    var batch = Batch()
    walk: while true {
      switch try reader.next(into: &batch) {
      case .committed:
        verdict.count(batch)
        try visit(batch, true)
        let lines = reader.lastCommit?.lines ?? 0
        while let next = pending.first, leaves[next].leaf.lines <= lines {
          let leaf = leaves[next].leaf
          // At the end of a closed session the leaf covers the seek table too: compared below.
          if reader.isClosed, leaf.lines == lines { break }
          pending.removeFirst()
          check(
            leaf, isHistory: next < lastErase, lines: lines, root: reader.root(),
            bytes: reader.verifiedBytes, digest: reader.digest, into: &verdict)
        }
      case .tail:
        verdict.count(batch)
        reader.noteTail(batch)
        try visit(batch, false)
        verdict.tailLines = UInt64(batch.lineCount)
      case .end:
        break walk
      }
    }
    let lines = reader.lastCommit?.lines ?? 0
    for next in pending {
      let leaf = leaves[next].leaf
      if leaf.lines == lines, reader.isClosed || leaf.kind.isFinal {
        // A finding at the seek table says already what is wrong with the last bytes.
        check(
          leaf, isHistory: next < lastErase || !reader.findings.isEmpty, lines: lines,
          root: reader.root(), bytes: reader.verifiedBytes, digest: reader.digest, into: &verdict)
      } else if reader.findings.isEmpty {
        // The log knows a commit here that held once: no crash did this.
        if let fault = reader.tailFault { verdict.findings.append(fault) }
        verdict.findings.append(
          Finding(
            .leafLines, reader.fileSize < leaf.bytes ? .truncated : .altered, .log,
            path: reader.path, offset: reader.verifiedBytes, found: "\(lines) committed lines",
            wanted: "\(leaf.lines), as the log's \(leaf.kind) says",
            advice:
              "The file was cut or changed. Restore it from a copy; keep this one as evidence."
          ))
        break
      }
    }
    verdict.findings += reader.findings
    verdict.start = reader.start
    verdict.lines = lines
    verdict.bytes = reader.verifiedBytes
    verdict.sha256 = reader.digest
    verdict.root = reader.root()
    verdict.isClosed = reader.isClosed && reader.findings.isEmpty
    verdict.tornBytes = reader.tail?.tornBytes ?? 0
    verdict.time = reader.tail?.time ?? reader.lastCommit?.time ?? 0
    verdict.withheldLines = UInt64(reader.withheldLines.count)
    reader.receiptCheck.conclude(&verdict)
  }

  /// Holds one leaf against the file at its line count.
  private static func check(
    _ leaf: Leaf, isHistory: Bool, lines: UInt64, root: Digest, bytes: UInt64, digest: Digest?,
    into verdict: inout SessionVerdict
  ) {
    func add(_ rule: Finding.Rule, _ kind: Finding.Verdict, found: String, wanted: String) {
      verdict.findings.append(
        Finding(
          rule, kind, .log, path: verdict.path, offset: bytes, found: found,
          wanted: "\(wanted), as the log's \(leaf.kind) says",
          advice: "The file is not what was signed for. Restore it from a copy; keep this one."))
    }
    guard leaf.lines == lines else {
      return add(
        .leafLines, .altered, found: "a commit at \(lines) lines", wanted: "one at \(leaf.lines)")
    }
    guard leaf.root == root else {
      return add(.leafRoot, .altered, found: "root \(root)", wanted: "root \(leaf.root)")
    }
    if isHistory { return }
    guard leaf.bytes == bytes else {
      return add(
        .leafBytes, leaf.bytes > bytes ? .truncated : .altered, found: "\(bytes) bytes",
        wanted: "\(leaf.bytes)")
    }
    guard leaf.sha256 == digest else {
      return add(
        .leafDigest, .altered, found: "SHA-256 \(digest ?? .zero)", wanted: leaf.sha256.hex)
    }
  }

  /// What the log may say of one session, and in which order.
  ///
  /// Source: schema/session-format.md §5.
  private static func orderFindings(_ leaves: [LoggedLeaf], path: String) -> [Finding] {
    var previous: Leaf?
    var isFinal = false
    for (index, leaf) in leaves.lazy.map({ ($0.index, $0.leaf) }) {
      func contradiction(_ found: String, _ wanted: String) -> [Finding] {
        [
          Finding(
            .leafOrder, .diverged, .log, path: path, found: "\(found) at log index \(index)",
            wanted: wanted,
            advice: "The log contradicts itself under a valid signature. "
              + "Keep all of it: it is proof against whoever signed.")
        ]
      }
      if let previous {
        if leaf.kind == .open { return contradiction("a second open leaf", "exactly one, first") }
        if isFinal, leaf.kind != .erase, leaf.kind != .prune {
          return contradiction(
            "a \(leaf.kind) leaf after the session's end", "only erase and prune after it")
        }
        if leaf.lines < previous.lines {
          return contradiction("\(leaf.lines) lines", "at least \(previous.lines)")
        }
        if leaf.bytes < previous.bytes, leaf.kind != .erase {
          return contradiction("\(leaf.bytes) bytes", "at least \(previous.bytes)")
        }
      } else if leaf.kind != .open {
        return contradiction("a \(leaf.kind) leaf", "an open leaf first")
      }
      if leaf.kind.isFinal { isFinal = true }
      previous = leaf
    }
    return []
  }

  private static func addFacts(to verdict: inout SessionVerdict) {
    let known = verdict.lines + verdict.tailLines
    if verdict.anchoredLines < known, verdict.openLeaf != nil {
      verdict.facts.append(.tail(known - verdict.anchoredLines))
    }
    if verdict.recoveredLines > 0 { verdict.facts.append(.recovered(verdict.recoveredLines)) }
    if verdict.withheldLines > 0 { verdict.facts.append(.withheld(verdict.withheldLines)) }
  }

  /// Turns a file that is no readable session into a finding; nil for failures that are not the evidence's.
  private static func finding(of failure: SessionLogFailure, path: String) -> Finding? {
    switch failure.kind {
    case .missing:
      return Finding(
        .storeMissing, .missing, .log, path: path, found: "no file",
        wanted: "the session that the log names",
        advice: "The session was deleted or moved. Restore it from a copy.")
    case .notARecording:
      return Finding(
        .fileKind, .malformed, .bytes, path: path, found: failure.found ?? "another kind of file",
        wanted: "a regular file with one name", advice: failure.advice)
    default:
      return nil
    }
  }
}

extension SessionVerdict {
  /// Counts what a batch says of completeness: gaps, recovered lines, the end.
  fileprivate mutating func count(_ batch: borrowing Batch) {
    for index in 0..<batch.lineCount {
      let line = batch.withLine(index) { line -> EventLine? in
        guard let header = LineHeader(line) else { return nil }
        guard
          header.isType("recorder.gap", in: line) || header.isType("recorder.recovered", in: line)
            || header.isType("session.end", in: line)
        else { return nil }
        var bytes: [UInt8] = []
        bytes.append(line, 0..<line.count)
        return EventLine(sequence: 0, bytes: bytes)
      }
      guard let line else { continue }
      let json: JSONValue
      do { json = try line.json() } catch { continue }
      switch line.type {
      case "recorder.gap": gaps += 1
      case "recorder.recovered":
        // What a line says of itself is not proven: no more lines than stand before it.
        if let first = json["first"]?.integer, let last = json["last"]?.integer, first >= 0,
          last >= first, UInt64(last) < batch.firstLine + UInt64(index)
        {
          recoveredLines &+= UInt64(last - first) + 1
        }
      default:
        endReason = json["reason"]?.string
        exitCode = json["exit_code"]?.integer
      }
    }
  }
}
