package import Evidence
package import Platform
package import SessionLog

/// Writes session files from the format's text alone, so that any lie can be told in one.
///
/// Shares no code with the writer or the reader but zstd and SHA-256.
package struct SessionForge {
  package struct Part {
    /// Lines of a data frame; or raw bytes put in the part's place.
    package var lines: [[UInt8]] = []
    package var raw: [UInt8]?
    package init(lines: [[UInt8]]) { self.lines = lines }
    package init(raw: [UInt8]) { self.raw = raw }
  }

  package struct Batch {
    package var parts: [Part]
    package var flags: UInt32 = 0
    /// Changes of the commit's 128 bytes before they are written.
    package var edit: ((inout [UInt8]) -> Void)?
    package init(_ lines: [[UInt8]], flags: UInt32 = 0) {
      parts = [Part(lines: lines)]
      self.flags = flags
    }
  }

  package var batches: [Batch] = []
  /// Whether the seek table is written behind the last batch.
  package var hasSeekTable = true
  package var level: Int32 = 1

  package init() {}

  /// What stands in a well-formed file, batch by batch.
  package static func lines(_ batches: [[[UInt8]]]) -> SessionForge {
    var forge = SessionForge()
    for (index, lines) in batches.enumerated() {
      forge.batches.append(Batch(lines, flags: index == batches.count - 1 ? 1 : 0))
    }
    return forge
  }

  package struct Made {
    package var bytes: [UInt8] = []
    /// Number of lines, root and length through each commit.
    package var commits: [(lines: UInt64, root: Digest, bytes: Int)] = []
    /// Where each frame begins and ends, in file order, the seek table last.
    package var frames: [Range<Int>] = []
  }

  package func make() throws -> Made {
    var made = Made()
    var all: [[UInt8]] = []
    var table: [(Int, Int)] = []
    for (k, batch) in batches.enumerated() {
      let start = made.bytes.count
      let first = all.count
      for part in batch.parts {
        let frameStart = made.bytes.count
        let content: [UInt8] = part.lines.reduce(into: []) { $0 += $1 + [0x0A] }
        if let raw = part.raw {
          made.bytes += raw
        } else {
          try Compressor(level: level, windowLog: 17).compress(
            content.span, ending: .frame, into: &made.bytes)
          all += part.lines
        }
        table.append((made.bytes.count - frameStart, content.count))
        made.frames.append(frameStart..<made.bytes.count)
      }
      let root = try Self.root(all)
      var commit: [UInt8] = []
      func add(_ value: UInt64, _ width: Int) {
        for i in 0..<width { commit.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
      }
      add(0x184D_2A5A, 4)
      add(120, 4)
      commit += Array("bbox-c1\0".utf8)
      add(UInt64(k), 8)
      add(UInt64(first), 8)
      add(UInt64(all.count), 8)
      add(UInt64(start), 8)
      add(UInt64(made.bytes.count - start), 4)
      add(UInt64(batch.flags), 4)
      add(all.last.flatMap { LineHeader($0.span)?.time } ?? 0, 8)
      commit += root.bytes
      commit += try SHA256.hash(made.bytes).bytes
      batch.edit?(&commit)
      let place = made.bytes.count
      made.bytes += commit
      made.frames.append(place..<made.bytes.count)
      table.append((128, 0))
      made.commits.append((UInt64(all.count), root, made.bytes.count))
    }
    if hasSeekTable {
      let place = made.bytes.count
      func add(_ value: Int) {
        for i in 0..<4 { made.bytes.append(UInt8(truncatingIfNeeded: value >> (8 * i))) }
      }
      add(0x184D_2A5E)
      add(table.count * 8 + 9)
      for entry in table {
        add(entry.0)
        add(entry.1)
      }
      add(table.count)
      made.bytes.append(0)
      add(0x8F92_EAB1)
      made.frames.append(place..<made.bytes.count)
    }
    return made
  }

  /// RFC 6962 tree hash over salted leaves, the salt key taken from line 1.
  package static func root(_ lines: [[UInt8]]) throws -> Digest {
    var key: [UInt8] = []
    if lines.count > 1 {
      let text = String(decoding: lines[1], as: UTF8.self)
      let value = text.split(separator: "\"key\":\"").last?.split(separator: "\"").first ?? ""
      key = Base64.decodeURL(String(value)) ?? []
    }
    func hash(_ bytes: [UInt8]) throws -> [UInt8] { try SHA256.hash(bytes).bytes }
    var leaves: [[UInt8]] = []
    for (index, line) in lines.enumerated() {
      let number = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(index) >> UInt64(56 - 8 * $0)) }
      let salt = try hash(Array("bbox/salt/v1\n".utf8) + key + number).prefix(16)
      leaves.append(try hash([0] + salt + line))
    }
    func tree(_ range: Range<Int>) throws -> [UInt8] {
      if range.isEmpty { return try hash([]) }
      if range.count == 1 { return leaves[range.lowerBound] }
      var split = 1
      while split * 2 < range.count { split *= 2 }
      let middle = range.lowerBound + split
      return try hash(
        [1] + tree(range.lowerBound..<middle) + tree(middle..<range.upperBound))
    }
    return Digest(try tree(0..<leaves.count)) ?? .zero
  }
}

/// Writes whole logs, signed by the store's own key: what a thief of the key could do.
package struct LogForge {
  package var leaves: [[UInt8]]
  /// The checkpoint's size and root, where they are to differ from the leaves'.
  package var signedLeaves: Int?

  package init(_ leaves: [[UInt8]]) { self.leaves = leaves }

  /// The leaves that stand in a store's log.
  package init(readingFrom files: FaultyFiles, _ store: Store) {
    leaves = []
    var bytes = (files.contents(store.entriesPath) ?? [])[...]
    while bytes.count >= 2 {
      let count = Int(bytes.popFirst() ?? 0) << 8 | Int(bytes.popFirst() ?? 0)
      leaves.append(Array(bytes.prefix(count)))
      bytes = bytes.dropFirst(count)
    }
  }

  package var entries: [UInt8] {
    leaves.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 255)] + $0 }
  }

  package func checkpoint(by signer: borrowing NoteSigner) throws -> [UInt8] {
    var hasher = try TreeHasher()
    var range = CompactRange()
    for leaf in leaves.prefix(signedLeaves ?? leaves.count) {
      range.append(hasher.leaf(leaf), using: &hasher)
    }
    let head = Checkpoint(
      origin: signer.name, size: range.size, root: range.root(using: &hasher))
    return Array(try Note.signed(text: head.format(), by: signer).format().utf8)
  }

  /// Puts log, checkpoint and guard in place.
  package func plant(in files: FaultyFiles, _ store: Store, guard state: StateDirectory) throws {
    let note = try checkpoint(by: state.signer(for: store))
    files.plant(store.entriesPath, entries)
    files.plant(store.checkpointPath, note)
    files.plant(state.guardPath, note)
  }
}
