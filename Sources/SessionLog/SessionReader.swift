package import Evidence
package import Platform

/// Walks a session file from its first byte, batch by batch, and gives out only lines whose commit recomputes.
///
/// Reads what stood in the file when it was opened, or at the last `goOn`; never writes, never maps, follows no link in a store.
/// Holds one batch: at most `Limits.batchBytes` of lines.
package struct SessionReader: ~Copyable {
  /// What `next` found.
  package enum Step: Sendable, Equatable {
    /// A batch whose commit holds in all five rules.
    case committed
    /// Lines behind the last commit: nothing covers them yet. The last step that gives lines.
    case tail
    /// Nothing more: a clean end, or damage told in `findings`.
    case end
  }

  package let path: String
  /// Length of the file when it was opened.
  package private(set) var fileSize: UInt64
  /// Line 0, once the first batch was read.
  package private(set) var start: SessionStart?
  package private(set) var findings: [Finding] = []
  /// The last commit that holds.
  package private(set) var lastCommit: CommitFrame?
  /// SHA-256 of the file through the last commit's frame; through the seek table once the end of a closed session was read.
  package private(set) var digest: Digest?
  /// File bytes that `digest` covers.
  package private(set) var verifiedBytes: UInt64 = 0
  package var isClosed: Bool { lastCommit?.flags.contains(.close) ?? false }
  package private(set) var isRecovered = false
  package private(set) var withheldLines: [UInt64] = []
  /// What stands behind the last commit of a session that is not closed.
  package private(set) var tail: TornTail?
  /// What is wrong with a commit that stands in the tail.
  ///
  /// A crash can tear it so; only the log can tell whether it ever held.
  package private(set) var tailFault: Finding?
  /// Root over the lines of the last commit that holds, and the tree that gives it.
  package internal(set) var tree = CompactRange()

  /// Holds receipts against the tree while it grows.
  var receiptCheck = ReceiptCheck([])

  var seekTable = SeekTable()
  /// The 32 bytes of line 1 that salt every leaf; empty where line 1 is withheld.
  private(set) var saltKey: [UInt8] = []

  private let file: File
  /// Running digest of the file's bytes; behind the last commit once the walk is over, so recovery goes on with it.
  let chain: SHA256
  /// `chain` as it stood behind the last commit.
  private let committedChain: SHA256
  var hasher: TreeHasher
  private var leaves: LeafHasher?
  private let decompressor: Decompressor
  private var window: [UInt8] = []
  private var windowStart = 0
  private var position: UInt64 = 0
  private var salts: [UInt64: [UInt8]] = [:]
  private var isOver = false

  /// Opens a session file.
  ///
  /// `named` is for a path that a person typed, which may be a link.
  ///
  /// - Throws: `.notARecording` if it is not a regular file with one name, or the file system's refusal.
  package init(path: String, named: Bool = false, in system: any FileSystem)
    throws(SessionLogFailure)
  {
    let file = try onDisk { () throws(FileFailure) in
      try File(path, named ? .readNamed : .read, in: system)
    }
    let status = try onDisk { () throws(FileFailure) in try file.status() }
    guard status.kind == .regular, named || status.links == 1 else {
      throw SessionLogFailure(
        .notARecording, "not a session file", at: path,
        found: status.kind == .regular ? "\(status.links) names for one file" : "\(status.kind)",
        wanted: "a regular file with one name",
        advice: "Restore the file itself; nothing in a store is ever a link or a device.")
    }
    let chain = try crypto { () throws(CryptoFailure) in try SHA256() }
    let committedChain = try crypto { () throws(CryptoFailure) in try SHA256() }
    let hasher = try crypto { () throws(CryptoFailure) in try TreeHasher() }
    let decompressor = try zstd { () throws(ZstdFailure) in
      try Decompressor(windowLog: Limits.windowLog)
    }
    self.path = path
    fileSize = status.size
    self.file = file
    self.chain = chain
    self.committedChain = committedChain
    self.hasher = hasher
    self.decompressor = decompressor
  }

  /// The root over the lines of the last commit that holds.
  package mutating func root() -> Digest { tree.root(using: &hasher) }

  /// Reads the next batch into `batch`, whose storage is used again.
  ///
  /// Damage ends the walk: it is in `findings`, and all lines given before it stay verified.
  package mutating func next(into batch: inout Batch) throws(SessionLogFailure) -> Step {
    batch.reset(firstLine: lastCommit?.lines ?? 0)
    guard !isOver else { return .end }
    if isClosed {
      isOver = true
      try checkSeekTable()
      return .end
    }
    let batchStart = position
    var frames: [(UInt64, UInt64)] = []
    while true {
      try fill(8)
      let available = window.count - windowStart
      guard available >= 8, position - batchStart <= UInt64(Limits.batchStoredBytes) else {
        return try endOfParts(at: batchStart, into: &batch)
      }
      let magic = window.span.littleEndian32(at: windowStart)
      let partStart = position
      switch magic {
      case FrameLayout.dataMagic:
        let contentStart = batch.content.count
        guard try readDataFrame(into: &batch) else {
          return try endOfParts(at: batchStart, into: &batch)
        }
        guard batch.split(from: contentStart) else {
          let fault = finding(
            .commitLines, .malformed, .lines, at: partStart, "a frame that ends inside a line",
            "whole lines, each ended by LF")
          return try endOfParts(at: batchStart, into: &batch, fault: fault)
        }
        frames.append((position - partStart, UInt64(batch.content.count - contentStart)))
      case FrameLayout.withheldMagic:
        guard try readWithheldFrame(into: &batch) else {
          return try endOfParts(at: batchStart, into: &batch)
        }
        frames.append((position - partStart, 0))
      case FrameLayout.commitMagic:
        try fill(FrameLayout.commitBytes)
        guard window.count - windowStart >= FrameLayout.commitBytes else {
          return try endOfParts(at: batchStart, into: &batch)
        }
        guard let commit = CommitFrame(window.span, at: windowStart) else {
          let fault = finding(
            .commitForm, .malformed, .bytes, at: partStart, "other bytes",
            "a commit frame: magic, size 120, known flags")
          return try endOfParts(at: batchStart, into: &batch, fault: fault)
        }
        if let fault = check(commit, of: &batch, from: batchStart) {
          return try endOfParts(at: batchStart, into: &batch, fault: fault)
        }
        consume(FrameLayout.commitBytes)
        for frame in frames { seekTable.add(stored: frame.0, content: frame.1) }
        seekTable.add(stored: UInt64(FrameLayout.commitBytes), content: 0)
        digest = chain.peek()
        committedChain.resume(from: chain)
        verifiedBytes = position
        lastCommit = commit
        if commit.flags.contains(.recovery) { isRecovered = true }
        batch.commit = commit
        batch.fileBytes = position
        return .committed
      case FrameLayout.encryptedMagic:
        isOver = true
        findings.append(
          finding(
            .frameKind, .malformed, .lines, at: partStart, "an encrypted frame",
            "a chapter of the format that this version does not read"))
        return .end
      default:
        return try endOfParts(at: batchStart, into: &batch)
      }
    }
  }

  /// Looks again at a session that is still written; false if nothing was added since.
  ///
  /// Afterwards `next` goes on behind the last commit: lines of the tail come again, first.
  package mutating func goOn() throws(SessionLogFailure) -> Bool {
    guard isOver, !isClosed, findings.isEmpty, lastCommit != nil else { return false }
    let size = try onDisk { () throws(FileFailure) in try file.status().size }
    guard size > fileSize else { return false }
    fileSize = size
    position = verifiedBytes
    window = []
    windowStart = 0
    tail = nil
    tailFault = nil
    isOver = false
    return true
  }

  /// True if the file starts as a session does: a data frame.
  ///
  /// Nothing is consumed.
  package mutating func looksLikeSession() throws(SessionLogFailure) -> Bool {
    try fill(4)
    guard window.count - windowStart >= 4 else { return false }
    let magic = window.span.littleEndian32(at: windowStart)
    return magic == FrameLayout.dataMagic || magic == FrameLayout.withheldMagic
  }

  // MARK: Parts

  /// Decodes one data frame; false if it does not reach its end or does not decode.
  private mutating func readDataFrame(into batch: inout Batch) throws(SessionLogFailure) -> Bool {
    try fill(18)
    guard let header = ZstdFrame.header(window.span, at: windowStart),
      ZstdFrame.fault(header) == nil
    else { return false }
    do throws(ZstdFailure) {
      try decompressor.reset()
      while true {
        var end = windowStart
        let ended = try decompressor.decompress(
          window.span, from: &end, into: &batch.content, limit: Limits.batchBytes)
        consume(end - windowStart)
        if ended { return true }
        do { try fill(1) } catch { throw ZstdFailure("unreadable") }
        if window.count == windowStart { return false }
      }
    } catch {
      return false
    }
  }

  /// Reads a withheld frame or a frame of salts; false if it is not one.
  private mutating func readWithheldFrame(into batch: inout Batch) throws(SessionLogFailure)
    -> Bool
  {
    let size = Int(window.span.littleEndian32(at: windowStart + 4))
    guard size >= 24, size <= Limits.batchStoredBytes else { return false }
    try fill(8 + size)
    guard window.count - windowStart >= 8 + size else { return false }
    let payload = windowStart + 8
    let first = window.span.littleEndian64(at: payload + 8)
    let count = Int(window.span.littleEndian32(at: payload + 16))
    let body = payload + 24
    guard window.span.littleEndian32(at: payload + 20) == 0 else { return false }
    if window.span.has(FrameLayout.withheldTag, at: payload) {
      guard size == 24 + 32 * count, count > 0,
        first == batch.firstLine + UInt64(batch.places.count)
      else { return false }
      for i in 0..<count {
        guard let leaf = Digest(window.span, at: body + 32 * i) else { return false }
        batch.withheldLeaves.append(leaf)
        batch.places.append(.withheld)
      }
    } else if window.span.has(FrameLayout.saltsTag, at: payload) {
      guard size == 24 + 16 * count else { return false }
      for i in 0..<count {
        salts[first &+ UInt64(i)] = Array(window[body + 16 * i..<body + 16 * i + 16])
      }
    } else {
      return false
    }
    consume(8 + size)
    return true
  }

  /// Parts that no commit follows: a live or torn tail, or damage before a later commit.
  ///
  /// `fault` is what a whole commit frame, or a part before it, breaks.
  private mutating func endOfParts(
    at batchStart: UInt64, into batch: inout Batch, fault: Finding? = nil
  ) throws(SessionLogFailure) -> Step {
    isOver = true
    batch.reset(firstLine: lastCommit?.lines ?? 0)
    chain.resume(from: committedChain)
    if batchStart == fileSize {
      tail = TornTail(
        end: fileSize, isFrameOpen: false, content: [], time: lastCommit?.time ?? 0,
        tornBytes: 0, frames: [], openFrame: (0, 0))
      return .end
    }
    var own: UInt64?
    var later: UInt64?
    try eachCommit(after: batchStart) { commit, place in
      if commit.k > lastCommit.map({ $0.k + 1 }) ?? 0 { later = place } else { own = place }
      return later == nil
    }
    if let later {
      findings.append(
        fault
          ?? finding(
            .frameData, .malformed, .bytes, at: batchStart,
            "bytes that do not lead to a commit, though one stands at \(later)",
            "frames as schema/session-format.md §4 lists them",
            advice: "A crash damages only what follows the last commit: this was changed. "
              + "Restore the file from a copy."))
      return .end
    }
    guard lastCommit != nil else {
      findings.append(
        fault
          ?? finding(
            .frameData, .malformed, .bytes, at: batchStart, "no valid first batch",
            "lines 0 and 1 and their commit",
            advice: "This is not a whole Blackbox session. Restore it from a copy."))
      return .end
    }
    tailFault = fault
    if let own, fault == nil {
      tailFault = finding(
        .frameData, .malformed, .bytes, at: batchStart,
        "bytes that do not lead to the commit at \(own)",
        "frames as schema/session-format.md §4 lists them",
        advice: "A crash before the batch was durable leaves this; then recover puts it right. "
          + "Otherwise it was changed: restore the file from a copy.")
    }
    let measured = try TornTail.measure(
      file, from: batchStart, to: fileSize, time: lastCommit?.time ?? 0)
    tail = measured
    batch.content = measured.content
    _ = batch.split(from: 0)
    return batch.lineCount > 0 ? .tail : .end
  }

  /// Calls `visit` with each commit frame behind `start` whose place fits what it says, until it returns false.
  private func eachCommit(
    after start: UInt64, _ visit: (CommitFrame, UInt64) -> Bool
  ) throws(SessionLogFailure) {
    var pattern: [UInt8] = []
    pattern.appendLittleEndian(FrameLayout.commitMagic)
    pattern.appendLittleEndian(FrameLayout.commitPayload)
    pattern.append(contentsOf: FrameLayout.commitTag)
    var offset = start
    while offset < fileSize {
      let chunk = try onDisk { () throws(FileFailure) in
        try file.read(1 << 20, at: offset)
      }
      if chunk.count < FrameLayout.commitBytes { return }
      let span = chunk.span
      let last = chunk.count - FrameLayout.commitBytes
      for index in 0...last where span[index] == pattern[0] {
        guard span.has(pattern, at: index), let commit = CommitFrame(span, at: index) else {
          continue
        }
        let place = offset + UInt64(index)
        guard commit.offset &+ UInt64(commit.length) == place, commit.offset >= start else {
          continue
        }
        guard visit(commit, place) else { return }
      }
      offset += UInt64(last + 1)
    }
  }

  // MARK: Commits

  /// What a commit breaks; nil if it holds in all five rules.
  ///
  /// The tree then stands behind its lines; otherwise where it stood before.
  private mutating func check(_ commit: CommitFrame, of batch: inout Batch, from batchStart: UInt64)
    -> Finding?
  {
    let before = lastCommit?.lines ?? 0
    let k = lastCommit.map { $0.k + 1 } ?? 0
    let place = position
    guard commit.k == k, commit.firstLine == before, commit.offset == batchStart,
      UInt64(commit.length) == place - batchStart
    else {
      return finding(
        .commitPlace, .malformed, .bytes, at: place,
        "k \(commit.k), first line \(commit.firstLine), offset \(commit.offset), length \(commit.length)",
        "k \(k), first line \(before), offset \(batchStart), length \(place - batchStart)")
    }
    guard commit.chain == chain.peek() else {
      return finding(
        .commitChain, .altered, .bytes, at: place, "SHA-256 \(chain.peek()) of the bytes before",
        commit.chain.hex)
    }
    // Encrypted parts end the walk before their commit is reached.
    guard !commit.flags.contains(.encrypted) else {
      return finding(
        .commitForm, .malformed, .bytes, at: place, "the flag of encrypted parts", "no such parts")
    }
    let lines = before + UInt64(batch.lineCount)
    guard commit.lines == lines, batch.lineCount > 0,
      batch.content.count <= Limits.batchBytes
    else {
      return finding(
        .commitLines, .altered, .lines, at: place, "lines \(before) to \(lines)",
        "lines \(before) to \(commit.lines)")
    }
    if k == 0, let fault = readFirstLines(&batch) { return fault }
    let treeBefore = tree
    let withheldBefore = withheldLines.count
    let fault = checkContent(of: batch, against: commit, at: place)
    if fault != nil {
      tree = treeBefore
      withheldLines.removeLast(withheldLines.count - withheldBefore)
    }
    return fault
  }

  private mutating func checkContent(
    of batch: Batch, against commit: CommitFrame, at place: UInt64
  ) -> Finding? {
    var time: UInt64 = 0
    if let fault = checkLines(batch, lastTime: &time) { return fault }
    guard commit.time == time else {
      return finding(
        .commitRoot, .altered, .lines, at: place, "t \(time) in the last line", "\(commit.time)")
    }
    let root = tree.root(using: &hasher)
    guard commit.root == root else {
      return finding(
        .commitRoot, .altered, .lines, at: place, "root \(root) over \(commit.lines) lines",
        commit.root.hex)
    }
    if commit.flags.contains(.close), !batch.isWithheld(batch.lineCount - 1) {
      let isEnd = batch.withLine(batch.lineCount - 1) { line in
        LineHeader(line)?.isType("session.end", in: line) ?? false
      }
      guard isEnd else {
        return finding(
          .sessionEnd, .malformed, .lines, at: place, "another line last in a closed session",
          "session.end")
      }
    }
    return nil
  }

  /// Checks the form of each line and adds its leaf to the tree; `time` becomes the last line's `t`.
  private mutating func checkLines(_ batch: Batch, lastTime time: inout UInt64) -> Finding? {
    time = lastCommit?.time ?? 0
    var withheld = 0
    for index in 0..<batch.lineCount {
      let number = batch.firstLine + UInt64(index)
      if batch.isWithheld(index) {
        tree.append(batch.withheldLeaves[withheld], using: &hasher)
        receiptCheck.note(tree, &hasher)
        withheld += 1
        withheldLines.append(number)
        continue
      }
      let fault = batch.withLine(index) { line -> String? in
        switch LineCheck(line, after: time) {
        case .fault(let fault): return fault
        case .time(let found): time = found
        }
        if saltKey.isEmpty {
          guard let salt = salts[number] else { return "a line without salt" }
          tree.append(leaves?.leaf(line, salt: salt) ?? .zero, using: &hasher)
        } else {
          tree.append(leaves?.leaf(line, number: number) ?? .zero, using: &hasher)
        }
        receiptCheck.note(tree, &hasher)
        return nil
      }
      if let fault {
        return finding(
          .lineForm, .malformed, .lines, at: lastCommit == nil ? 0 : verifiedBytes, fault,
          "a line as schema/session-format.md §3 says", line: number)
      }
    }
    return nil
  }

  /// Takes the lines behind the last commit into account for receipts; nothing else believes them yet.
  mutating func noteTail(_ batch: borrowing Batch) {
    var tree = tree
    guard let first = tail.map({ _ in tree.size }) else { return }
    for index in 0..<batch.lineCount {
      let leaf = batch.withLine(index) { line in
        leaves?.leaf(line, number: first + UInt64(index)) ?? .zero
      }
      tree.append(leaf, using: &hasher)
      receiptCheck.note(tree, &hasher)
    }
  }

  /// Reads lines 0 and 1, which alone make batch 0.
  private mutating func readFirstLines(_ batch: inout Batch) -> Finding? {
    guard batch.lineCount == 2 else {
      return finding(
        .commitLines, .malformed, .lines, at: 0, "\(batch.lineCount) lines in batch 0",
        "lines 0 and 1 alone")
    }
    do throws(JSONFault) {
      if !batch.isWithheld(0) {
        start = try batch.withLine(0) { line throws(JSONFault) in
          try SessionStart(parsing: line)
        }
      }
    } catch {
      return finding(
        .sessionStart, .malformed, .lines, at: 0, error.reason, "session.start as §3 says",
        line: 0)
    }
    if let start, start.format != 1 {
      return finding(
        .sessionStart, .malformed, .lines, at: 0, "format \(start.format)", "format 1", line: 0,
        advice: "It was written by a newer version: verify it with that one.")
    }
    if !batch.isWithheld(1) {
      let key = batch.withLine(1) { line -> [UInt8]? in
        guard LineHeader(line)?.isType("session.salt", in: line) ?? false else { return nil }
        do { return Base64.decodeURL(try JSONValue(parsing: line)["key"]?.string ?? "") } catch {
          return nil
        }
      }
      guard let key, key.count == 32 else {
        return finding(
          .sessionSalt, .malformed, .lines, at: 0, "no key of 32 bytes",
          "session.salt with key, base64url", line: 1)
      }
      saltKey = key
    }
    do { leaves = saltKey.isEmpty ? LeafHasher() : try LeafHasher(key: saltKey) } catch {
      return finding(
        .sessionSalt, .malformed, .lines, at: 0, error.reason, "a working SHA-256", line: 1)
    }
    return nil
  }

  /// After a close commit the file holds exactly the seek table and nothing else.
  private mutating func checkSeekTable() throws(SessionLogFailure) {
    let wanted = seekTable.bytes
    let start = position
    let rest = fileSize - start
    let found = try onDisk { () throws(FileFailure) in
      try file.read(min(wanted.count, Int(clamping: rest)), at: start)
    }
    guard rest == UInt64(wanted.count), found == wanted else {
      let fault = finding(
        .seekTable,
        rest < UInt64(wanted.count) && wanted.starts(with: found) ? .truncated : .altered,
        .bytes, at: start, "\(rest) bytes after the close commit",
        "the seek table of \(wanted.count) bytes that follows from the frames",
        advice: "All lines are verified; the bytes after the close were changed. "
          + "If a crash cut them, recover writes them again.")
      findings.append(fault)
      return
    }
    chain.update(found)
    position += UInt64(found.count)
    digest = chain.peek()
    verifiedBytes = position
  }

  // MARK: Bytes

  /// Makes at least `count` bytes stand in the window where the file has them.
  private mutating func fill(_ count: Int) throws(SessionLogFailure) {
    guard window.count - windowStart < count else { return }
    if windowStart > 0 {
      window.removeFirst(windowStart)
      windowStart = 0
    }
    let from = position + UInt64(window.count)
    let wanted = min(UInt64(max(count - window.count, 256 << 10)), fileSize - min(from, fileSize))
    guard wanted > 0 else { return }
    let bytes = try onDisk { () throws(FileFailure) in
      try file.read(Int(clamping: wanted), at: from)
    }
    window.append(contentsOf: bytes)
  }

  private mutating func consume(_ count: Int) {
    chain.update(window.span.extracting(windowStart..<windowStart + count))
    windowStart += count
    position += UInt64(count)
  }

  private func finding(
    _ rule: Finding.Rule, _ verdict: Finding.Verdict, _ area: Finding.Area, at offset: UInt64,
    _ found: String, _ wanted: String, line: UInt64? = nil,
    advice: String = "Restore the file from a copy and compare; keep this one as evidence."
  ) -> Finding {
    Finding(
      rule, verdict, area, path: path, offset: offset, line: line, found: found, wanted: wanted,
      advice: advice)
  }
}
