/// Replaces secrets in a stream of bytes, whatever the pieces it comes in.
///
/// Bytes that may belong to a match are held back until that is decided. What comes out does not depend on where the
/// stream was cut; only `release` cuts a wait short, and how is said there. The leftmost match counts, and of those
/// the longest. Rules: schema/redaction.md.
package struct Redactor {
  /// Bytes that are held back at most: the longest match that is found whole.
  static let limit = 32 << 10

  /// What was replaced since the last `takeFindings`, by detector.
  package struct Finding: Sendable, Equatable {
    package var name: String
    package var count: Int
    /// Bytes of these secrets that had been put out when it was understood what they were.
    package var shown: Int
  }

  private let detectors: [Detector]
  private let replacements: [[UInt8]]
  private var automaton: PatternAutomaton
  private let filter: CandidateFilter
  /// For each detector with a lead, what finds the lead's end.
  private var leads: [PatternAutomaton?]

  /// Bytes from the earliest undecided one on; those before `shown` were put out already.
  private var held: [UInt8] = []
  private var shown = 0
  /// Up to here no match begins; `context` is what stands before it.
  private var searched = 0
  private var context = CandidateFilter.Context.boundary
  /// The byte before those held.
  private var before: UInt8 = 0
  private var run = RedactionRun()
  private var isRunning = false
  /// The state of a match that was replaced before its end was known: what still belongs to it is dropped.
  private var swallowing: Swallowing?
  private var found: [Finding] = []

  private struct Swallowing {
    var state: Int32
    /// Bytes that may still belong to it, where its detector is bounded.
    ///
    /// Such a match is dropped line by line: a line that turns out to be none of it is searched.
    var left: Int?
    /// Bytes held that the machine has seen.
    var scanned = 0
  }

  /// Digits without which a line that does not end as one of a key does is none of it.
  private static let keyLine = 48

  /// What became of bytes that went in, in their order, for whoever must know which bytes are whose.
  struct Extent: Equatable {
    /// Bytes of the stream that it accounts for.
    var taken: Int
    /// Bytes that came out for them.
    var made: Int
    /// The detector whose replacement these are; nil: the bytes as they were, or none where they were dropped.
    var detector: Int?
  }

  /// Extents are gathered for `takeExtents`.
  var tracesExtents = false
  private var extents: [Extent] = []

  package init(_ rules: RedactionRules) {
    detectors = rules.detectors
    replacements = rules.names.map { Array("[redacted:\($0)]".utf8) }
    automaton = PatternAutomaton(rules.detectors.map(\.pattern))
    filter = CandidateFilter(&automaton)
    leads = rules.detectors.map { detector in
      detector.pattern.lead.map { PatternAutomaton([ParsedPattern(pattern: $0)]) }
    }
  }

  /// Bytes that wait for what follows.
  var waiting: Int { held.count - shown }

  /// True while what follows may belong to a match that was replaced already.
  var isDropping: Bool { swallowing != nil }

  /// True while bytes wait for what follows.
  package var isHolding: Bool { waiting > 0 }

  /// Takes bytes of the stream and returns what can be written now.
  package mutating func add(_ bytes: [UInt8]) -> [UInt8] {
    if held.isEmpty, swallowing == nil {
      // The usual case: nothing waits, nothing is found, nothing is copied.
      searched = filter.next(in: bytes, from: 0, context: &context, automaton)
      if searched == bytes.count {
        searched = 0
        before = bytes.last ?? before
        trace(bytes.count, bytes.count)
        return bytes
      }
      held = bytes
    } else {
      held.append(contentsOf: bytes)
    }
    return drain(isEnd: false)
  }

  /// The stream is over, or something else interrupts it: returns the rest.
  package mutating func finish() -> [UInt8] {
    let rest = drain(isEnd: true)
    swallowing = nil
    context = .boundary
    return rest
  }

  /// Returns what waits, unless that has `bytes` bytes already.
  ///
  /// What is a match as far as it goes is replaced at once, and what follows of it is dropped. Anything else is put
  /// out as it is; if it turns out to begin a secret, the rest is replaced and the finding counts what was shown.
  package mutating func release(shorterThan bytes: Int = .max) -> [UInt8] {
    guard isHolding, held.count < bytes else { return [] }
    var output: [UInt8] = []
    if swallowing?.left != nil { return releaseLine() }
    if isRunning, case .match(let match) = run.decide(held, detectors) {
      // It begins what is held.
      swallowing = Swallowing(state: run.state)
      replace(match, from: 0, into: &output)
      settle(match.end)
      if detectors[match.detector].isBounded {
        isRunning = false
        run.forget()
        searched = 0
        // What stands behind the match so far could still be of it, or begin another.
        swallowing?.left = Self.limit - match.end
        swallowing?.scanned = held.count
        output.append(contentsOf: releaseLine())
        return output
      }
      // Bytes behind the match that only a longer one would have taken.
      output.append(contentsOf: drain(isEnd: false))
      return output
    }
    emit(0..<held.count, into: &output)
    shown = held.count
    return output
  }

  /// Lets the line go that waits while a match is dropped: what may be of that match is dropped, the rest put out.
  ///
  /// It stays held: what becomes of it may begin another match.
  private mutating func releaseLine() -> [UInt8] {
    var output: [UInt8] = []
    guard let place = swallowing else { return output }
    if automaton.accepts[Int(place.state)].isEmpty, !beginsKeyLine {
      emit(0..<held.count, into: &output)
    } else {
      trace(held.count - shown, 0)
    }
    shown = held.count
    return output
  }

  /// True if what is held is the beginning of a line of base64 or of an END line, behind line ends as they are or as JSON has them.
  private var beginsKeyLine: Bool {
    var index = 0
    while index < held.count {
      if Self.isSpace(held[index]) {
        index += 1
      } else if held[index] == 0x5C {
        while index < held.count, held[index] == 0x5C { index += 1 }
        index += 1
      } else {
        break
      }
    }
    let rest = held[index...]
    if rest.first == 0x2D {
      // As far as it may be the END line.
      return rest.allSatisfy { $0 == 0x2D } || rest.starts(with: Array("-----E".utf8))
    }
    return !rest.isEmpty && rest.allSatisfy(Self.isDigit)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// True for a digit of base64.
  private static func isDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F, 0x3D: true
    default: false
    }
  }

  /// What was replaced since the last call.
  package mutating func takeFindings() -> [Finding] {
    guard !found.isEmpty else { return [] }
    defer { found.removeAll() }
    return found
  }

  /// One stream's place, kept while the same machine works on another stream.
  struct Place {
    fileprivate var held: [UInt8] = []
    fileprivate var shown = 0
    fileprivate var searched = 0
    fileprivate var context = CandidateFilter.Context.boundary
    fileprivate var before: UInt8 = 0
    /// What the machine's state stands for, which means the same in every table of it.
    fileprivate var swallowing: [Int32]?
    fileprivate var left: Int?

    /// Bytes that wait for what follows.
    var waiting: Int { held.count - shown }
  }

  /// Goes on where `place` stands, and leaves there where it stood.
  ///
  /// A candidate on its way is begun anew from its first byte: its bytes are all held.
  mutating func exchange(_ place: inout Place) {
    let mine = Place(
      held: held.isEmpty ? [] : held, shown: shown, searched: isRunning ? run.start : searched,
      context: context,
      before: before, swallowing: swallowing.map { automaton.nodes(of: $0.state) },
      left: swallowing?.left)
    held = place.held
    shown = place.shown
    searched = place.searched
    context = place.context
    before = place.before
    swallowing = place.swallowing.map {
      Swallowing(state: automaton.state(of: $0), left: place.left, scanned: place.held.count)
    }
    isRunning = false
    run.forget()
    place = mine
  }

  /// The name of a detector, by its number in an extent.
  func name(of detector: Int) -> String { detectors[detector].name }

  /// All of a text at once.
  package mutating func redact(_ text: [UInt8]) -> [UInt8] {
    var result = add(text)
    result.append(contentsOf: finish())
    return result
  }

  // MARK: The search

  private mutating func drain(isEnd: Bool) -> [UInt8] {
    var output: [UInt8] = []
    var settled = swallow()
    if swallowing?.left != nil {
      // The rest of a line waits for its end.
      settle(settled)
      if isEnd {
        output = releaseLine()
        settle(held.count)
      }
      return output
    }
    searched = max(searched, settled)
    search: while settled < held.count {
      if !isRunning {
        searched = filter.next(in: held, from: searched, context: &context, automaton)
        guard searched < held.count else { break }
        run.begin(
          at: searched,
          context == .word ? automaton.startAnywhere : automaton.startAtBoundary,
          before: searched > 0 ? held[searched - 1] : before)
        isRunning = true
      }
      var outcome = run.advance(held, isEnd: isEnd, &automaton, detectors)
      if outcome == .pending {
        guard held.count - run.start >= Self.limit else {
          emit(settled..<run.start, into: &output)
          settle(run.start)
          return output
        }
        outcome = run.decide(held, detectors)
        if case .match(let match) = outcome, !detectors[match.detector].isBounded {
          swallowing = Swallowing(state: run.state)
        }
      }
      isRunning = false
      switch outcome {
      case .match(var match):
        if detectors[match.detector].isBounded { match.end = wholeLines(of: match) }
        emit(settled..<run.start, into: &output)
        replace(match, from: run.start, into: &output)
        settled = match.end
        searched = match.end
        context = filter.isWord(held[match.end - 1]) ? .word : .boundary
        if swallowing != nil {
          settle(settled)
          settled = swallow()
          searched = settled
        }
      case .none, .pending:
        context = filter.context(after: held[searched], in: context)
        searched += 1
      }
    }
    emit(settled..<held.count, into: &output)
    settle(held.count)
    return output
  }

  /// Passes over what belongs to a match that was replaced already; returns how many bytes.
  private mutating func swallow() -> Int {
    guard var place = swallowing else { return 0 }
    if place.left != nil { return swallowLines() }
    var count = 0
    while count < held.count {
      place.state = automaton.step(place.state, held[count])
      guard place.state != PatternAutomaton.dead,
        !automaton.accepts[Int(place.state)].isEmpty
      else {
        swallowing = nil
        trace(max(0, count - shown), 0)
        return count
      }
      context = filter.isWord(held[count]) ? .word : .boundary
      count += 1
    }
    swallowing = place
    trace(max(0, count - shown), 0)
    return count
  }

  /// The same line by line, for a match that has lines: the last one stays until its end is there.
  private mutating func swallowLines() -> Int {
    guard var place = swallowing, let left = place.left else { return 0 }
    var line = 0
    for index in min(place.scanned, held.count)..<held.count {
      let isWhole = !automaton.accepts[Int(place.state)].isEmpty
      place.state = automaton.step(place.state, held[index])
      guard place.state != PatternAutomaton.dead, index < left else {
        swallowing = nil
        // An END line, or so many digits, whatever stands behind them.
        let ends = index > 0 && !Self.isDigit(held[index - 1])
        let end = isWhole && (ends || index - line >= Self.keyLine) ? index : line
        if end > 0 { context = filter.isWord(held[end - 1]) ? .word : .boundary }
        trace(max(0, end - shown), 0)
        return end
      }
      if held[index] == 0x0A || held[index] == 0x0D { line = index + 1 }
    }
    place.left = left - line
    place.scanned = held.count - line
    swallowing = place
    context = .boundary
    trace(max(0, line - shown), 0)
    return line
  }

  /// Where a match ends that has lines: what only begins as one of them does is left to be searched.
  private func wholeLines(of match: RedactionRun.Match) -> Int {
    var next = match.end
    while next < held.count, held[next] == 0x20 || held[next] == 0x09 { next += 1 }
    // A line's end, as it is or in JSON, or a colour.
    guard next < held.count, ![0x0A, 0x0D, 0x5C, 0x1B].contains(held[next]) else {
      return match.end
    }
    var line = match.end
    while line > run.start, Self.isDigit(held[line - 1]) { line -= 1 }
    guard match.end - line < Self.keyLine else { return match.end }
    while line > run.start, Self.isSpace(held[line - 1]) { line -= 1 }
    return line
  }

  private mutating func emit(_ range: Range<Int>, into output: inout [UInt8]) {
    let start = max(range.lowerBound, shown)
    guard start < range.upperBound else { return }
    output.append(contentsOf: held[start..<range.upperBound])
    trace(range.upperBound - start, range.upperBound - start)
  }

  private mutating func trace(_ taken: Int, _ made: Int, _ detector: Int? = nil) {
    guard tracesExtents, taken > 0 || made > 0 else { return }
    extents.append(Extent(taken: taken, made: made, detector: detector))
  }

  /// The extents of all that came out since the last call.
  mutating func takeExtents() -> [Extent] {
    defer { extents.removeAll(keepingCapacity: true) }
    return extents
  }

  private mutating func replace(
    _ match: RedactionRun.Match, from start: Int, into output: inout [UInt8]
  ) {
    let lead = leadEnd(match, from: start)
    let end = match.end - detectors[match.detector].tail
    emit(start..<lead, into: &output)
    output.append(contentsOf: replacements[match.detector])
    trace(max(0, end - max(lead, shown)), replacements[match.detector].count, match.detector)
    emit(end..<match.end, into: &output)
    let name = detectors[match.detector].name
    let seen = max(0, min(shown, end) - lead)
    found.add(Finding(name: name, count: 1, shown: seen))
  }

  /// Where the secret begins in a match: behind the longest lead.
  private mutating func leadEnd(_ match: RedactionRun.Match, from start: Int) -> Int {
    guard var lead = leads[match.detector] else { return start }
    leads[match.detector] = nil
    defer { leads[match.detector] = lead }
    var state = lead.startAtBoundary
    var end = start
    for index in start..<max(start, match.end - 1) {
      state = lead.step(state, held[index])
      if state == PatternAutomaton.dead { break }
      if !lead.accepts[Int(state)].isEmpty { end = index + 1 }
    }
    return end
  }

  /// Bytes before `count` are done with.
  private mutating func settle(_ count: Int) {
    if count > 0, count <= held.count { before = held[count - 1] }
    if count >= held.count {
      // A big buffer is given back.
      held.removeAll(keepingCapacity: held.capacity <= 256 << 10)
      searched = 0
      shown = 0
      isRunning = false
      run.forget()
      return
    }
    guard count > 0 else { return }
    held.removeFirst(count)
    run.drop(count)
    searched = max(0, searched - count)
    shown = max(0, shown - count)
  }
}

extension [Redactor.Finding] {
  /// Counts a finding with those of the same detector.
  mutating func add(_ finding: Redactor.Finding) {
    if let index = firstIndex(where: { $0.name == finding.name }) {
      self[index].count += finding.count
      self[index].shown += finding.shown
    } else {
      append(finding)
    }
  }
}
