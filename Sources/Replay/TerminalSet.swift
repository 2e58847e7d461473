internal import SessionLog
package import Terminal

/// The terminal of a recording; where several sessions stand on one timeline, one for each.
///
/// The present one is that of the line seen last. Lines of a merged timeline name their session (see `MergedSource`).
package struct TerminalSet: Sendable {
  /// Screens of so many sessions are known; those beyond them show none.
  private static let most = 64

  package private(set) var terminal: VirtualTerminal
  /// Whose terminal it is; nil where the recording is one session.
  package private(set) var session: String?
  /// The session has a screen.
  package private(set) var hasScreen: Bool
  let isMerged: Bool
  private var parked: [String: (terminal: VirtualTerminal, hasScreen: Bool)] = [:]

  init(_ start: SessionStart?) {
    terminal = Stage.blank(start)
    isMerged = start?.isMerged ?? false
    hasScreen = !isMerged
  }

  /// The terminal of a recording that is one session.
  init(_ terminal: VirtualTerminal) {
    self.terminal = terminal
    isMerged = false
    hasScreen = true
  }

  /// Makes the terminal of a line's session the present one; true if it was another's.
  @discardableResult
  mutating func turn(to line: Span<UInt8>, _ header: LineHeader?) -> Bool {
    guard isMerged, let header, let name = EventFields.session(line, header) else { return false }
    guard name != session else { return false }
    if let session, parked.count < Self.most { parked[session] = (terminal, hasScreen) }
    session = name
    if let known = parked.removeValue(forKey: name) {
      (terminal, hasScreen) = known
      return true
    }
    var start: SessionStart?
    if header.isType("session.start", in: line) {
      do throws(JSONFault) { start = try SessionStart(parsing: line) } catch {}
    }
    terminal = Stage.blank(start)
    hasScreen = start?.isTerminal ?? false
    return true
  }

  /// Does what an event did; returns how many bytes of output it was.
  mutating func apply(
    _ line: Span<UInt8>, _ kind: StepKind, _ payload: inout [UInt8]
  ) -> Int {
    if isMerged { turn(to: line, LineHeader(line)) }
    return Stage.apply(line, kind, to: &terminal, &payload)
  }

  /// Lends the present terminal to who feeds it in another way.
  mutating func feed<R>(_ body: (inout VirtualTerminal) -> R) -> R { body(&terminal) }
}

extension SessionStart {
  /// Stands for several sessions on one timeline.
  package var isMerged: Bool { kind == MergedSource.kind }

  /// A terminal is shown, be it that of one of several sessions.
  var hasScreen: Bool { isTerminal || isMerged && columns != nil }
}
