internal import Evidence
package import Platform

/// What a recorder told a gateway: so many lines of a session are durable, and this is the root over them.
///
/// Whoever keeps one is a witness: a recording that no longer begins with these lines can be told.
/// Format: schema/ingest-protocol.md §3, `ack`, `opened`, `resumed` and `closed`.
package struct Receipt: Sendable, Equatable {
  package var session: SessionID
  package var lines: UInt64
  package var root: Digest
  /// The log's size and root at that time, which `opened` and `closed` carry.
  package var log: LogHead?

  package init(session: SessionID, lines: UInt64, root: Digest, log: LogHead? = nil) {
    (self.session, self.lines, self.root, self.log) = (session, lines, root, log)
  }

  package struct LogHead: Sendable, Equatable {
    package var size: UInt64
    package var root: Digest
  }

  /// Reads receipts as they were received: JSON objects, one a line, with empty lines between them at will.
  ///
  /// - Throws: `.notARecording` names the line that is none.
  package static func read(_ bytes: [UInt8], from path: String) throws(SessionLogFailure)
    -> [Receipt]
  {
    var receipts: [Receipt] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    where line.contains(where: { $0 > 0x20 }) {
      let json: JSONValue
      do { json = try JSONValue(parsing: Array(line)) } catch {
        throw fault(path, index, error.reason)
      }
      guard let session = json["session"]?.string.flatMap({ SessionID($0) }) else {
        throw fault(path, index, "no session")
      }
      guard let lines = json["lines"]?.integer, lines > 0 else {
        throw fault(path, index, "no lines")
      }
      guard let root = digest(json["root"]) else { throw fault(path, index, "no root") }
      var receipt = Receipt(session: session, lines: UInt64(lines), root: root)
      if let log = json["log"] {
        guard let size = log["size"]?.integer, size > 0, let root = digest(log["root"]) else {
          throw fault(path, index, "a log without size and root")
        }
        receipt.log = LogHead(size: UInt64(size), root: root)
      }
      receipts.append(receipt)
    }
    guard !receipts.isEmpty else { throw fault(path, 0, "no receipt") }
    return receipts
  }

  private static func digest(_ value: JSONValue?) -> Digest? {
    value?.string.flatMap { Base64.decode($0) }.flatMap { Digest($0) }
  }

  private static func fault(_ path: String, _ line: Int, _ found: String) -> SessionLogFailure {
    SessionLogFailure(
      .notARecording, "not a receipt", at: "\(path), line \(line + 1)", found: found,
      wanted: "session, lines and root, as an ack of schema/ingest-protocol.md gives them",
      advice: "Keep the recorder's answers as they came, one a line.")
  }
}

/// Receipts of one session held against its lines, while they are walked.
struct ReceiptCheck {
  private let receipts: [Receipt]
  /// Line counts whose roots are wanted.
  private let wanted: Set<UInt64>
  private var roots: [UInt64: Digest] = [:]

  init(_ receipts: [Receipt]) {
    self.receipts = receipts
    wanted = Set(receipts.map(\.lines))
  }

  /// Notes the root of a tree that has just grown, where a receipt speaks of that size.
  mutating func note(_ tree: borrowing CompactRange, _ hasher: inout TreeHasher) {
    guard !wanted.isEmpty, wanted.contains(tree.size) else { return }
    roots[tree.size] = tree.root(using: &hasher)
  }

  /// Puts what does not hold into the verdict's findings, and the rest into its receipts.
  func conclude(_ verdict: inout SessionVerdict) {
    let known = verdict.lines + verdict.tailLines
    for receipt in receipts {
      guard let root = roots[receipt.lines] else {
        verdict.findings.append(
          Finding(
            .receiptLines, .truncated, .completeness, path: verdict.path, line: known,
            found: "\(known) lines that can be read",
            wanted: "at least \(receipt.lines), as the receipt says",
            advice: "Lines that were acknowledged are gone. Restore the file from a copy; "
              + "keep this one and the receipt."))
        continue
      }
      guard root == receipt.root else {
        verdict.findings.append(
          Finding(
            .receiptRoot, .altered, .lines, path: verdict.path, line: receipt.lines - 1,
            found: "root \(root) over the first \(receipt.lines) lines",
            wanted: "\(receipt.root), as the receipt says",
            advice: "The recording was rewritten after it was acknowledged, whoever signed it "
              + "since. Keep both: together they are proof."))
        continue
      }
      verdict.receipts.append(receipt)
    }
  }
}
