internal import Evidence
internal import Platform

/// One of the five answers that a verdict gives, always apart.
///
/// Source: schema/session-format.md §6.
package struct Answer: Sendable, Equatable {
  package enum State: String, Sendable { case ok, bad, unknown }
  package var area: Finding.Area
  package var state: State
  /// What it rests on, in one sentence part.
  package var text: String
}

extension SessionVerdict {
  /// The five answers; `log` is nil where the file stood alone.
  package func answers(_ log: LogView?) -> [Answer] {
    func state(_ area: Finding.Area) -> Answer.State {
      findings.contains { $0.area == area } ? .bad : .ok
    }
    let readable = sha256 != nil
    return [
      Answer(
        area: .bytes, state: readable ? state(.bytes) : .bad,
        text: sha256.map { "\(bytes) bytes, SHA-256 \($0)" } ?? "none could be read"),
      Answer(
        area: .lines, state: readable ? state(.lines) : .bad,
        text: root.map { "\(lines) lines, root \($0)" } ?? "none could be read"),
      logAnswer(log, state(.log)),
      identityAnswer(log),
      completenessAnswer,
    ]
  }

  private func logAnswer(_ log: LogView?, _ state: Answer.State) -> Answer {
    guard let log else {
      return Answer(
        area: .log, state: .unknown,
        text: "not checked: no log was given, so nobody's signature covers this file")
    }
    guard let head = log.checkpoint else {
      return Answer(area: .log, state: .bad, text: "no checkpoint that the trusted key signed")
    }
    let bad = state == .bad || !log.findings.isEmpty
    guard let first = openLeaf, let last = lastLeaf else {
      return Answer(
        area: .log, state: bad ? .bad : .unknown, text: "no leaf in a log of \(head.size)")
    }
    return Answer(
      area: .log, state: bad ? .bad : .ok,
      text: "leaves \(first) to \(last) of \(head.size), \(anchoredLines) lines anchored")
  }

  private func identityAnswer(_ log: LogView?) -> Answer {
    guard let log else {
      return Answer(area: .identity, state: .unknown, text: "not checked: no key was given")
    }
    let key = log.trust.key.description
    let isBad = log.findings.contains { $0.area == .identity }
    switch log.trust.source {
    case .pinned(let file):
      return Answer(
        area: .identity, state: isBad ? .bad : .ok,
        text: "key \(key), pinned by \(file); no witness")
    case .ownState:
      return Answer(
        area: .identity, state: isBad ? .bad : .ok,
        text: "key \(key), this machine's own; no witness")
    case .unpinned:
      return Answer(
        area: .identity, state: isBad ? .bad : .unknown,
        text: "key \(key), on the store's own word; pin it with --trust")
    }
  }

  private var completenessAnswer: Answer {
    var parts: [String] = []
    if isClosed {
      parts.append("closed, reason \(endReason ?? "not given")")
      if let exitCode { parts.append("exit \(exitCode)") }
    } else {
      parts.append(isLive ? "still being recorded" : "no end")
    }
    parts.append(gaps == 0 ? "no gaps told" : "\(gaps) gaps told")
    if recoveredLines > 0 { parts.append("\(recoveredLines) lines recovered without a commit") }
    if tailLines > 0 { parts.append("\(tailLines) lines behind the last commit") }
    if tornBytes > 0 { parts.append("\(tornBytes) torn bytes") }
    if withheldLines > 0 { parts.append("\(withheldLines) lines withheld") }
    let isBad = findings.contains { $0.area == .completeness }
    let isWhole = isClosed && gaps == 0 && recoveredLines == 0
    return Answer(
      area: .completeness, state: isBad ? .bad : isWhole ? .ok : .unknown,
      text: parts.joined(separator: ", "))
  }

  /// What could have been changed unseen, by whom.
  ///
  /// Source: schema/session-format.md §6.
  package var lossWindow: [(who: String, what: String)] {
    let loose = lines + tailLines - min(anchoredLines, lines + tailLines)
    return [
      ("who can write the disk", loose == 0 ? "nothing" : "the last \(loose) lines"),
      ("who has the log's key", "everything: no witness has cosigned this log"),
      ("what the recorder never saw", "is not in any recording"),
    ]
  }
}
