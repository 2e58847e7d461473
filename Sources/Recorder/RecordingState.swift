internal import Evidence
package import Platform
package import SessionLog
internal import Synchronization

/// How the thread that writes stands, for the loop that relays.
final class RecordingState: Sendable {
  /// How a recording stands.
  struct Change: Sendable {
    var session: SessionID?
    /// The recording is over.
    var failure: RecordingFailure?
    /// The disk is full, or the service does not answer: nothing is lost, and nothing more is taken.
    var waitsForSpace = false
    var waitsForService = false
    /// Recording failed and the command goes on unrecorded, as policy says; why.
    var failing: String?
    var closed: RecordingReceipt?
  }

  /// What whoever runs a recording was told of its waiting.
  struct ToldWaits {
    private var forSpace = false
    private var forService = false

    /// Says what of it has changed.
    mutating func tell(_ change: Change, _ notify: (RecordingNotice) -> Void) {
      if change.waitsForSpace != forSpace {
        forSpace = change.waitsForSpace
        notify(forSpace ? .waitingForSpace : .spaceReturned)
      }
      if change.waitsForService != forService {
        forService = change.waitsForService
        notify(forService ? .waitingForService : .serviceReturned)
      }
    }
  }

  /// What is shown before it is stored is at most this: enough for the child to go on while a sync takes its time, and
  /// less than what a flush interval lets through.
  let captured = Mailbox<Captured>(capacity: 8 << 20)
  /// Says each change once, as it was then.
  let changes = Mailbox<Change>(capacity: 1024)
  /// Barriers (marks, pauses) that are durable.
  let barriers = Atomic<UInt64>(0)
  /// Rings when something was captured, for a thread that polls.
  let captures: WakeUp?
  /// The session that is written, for whoever's turn it is; nil while there is none, and where a service writes it.
  let work = Turns<RecordingWork?>(nil)

  init(captures: WakeUp? = nil) { self.captures = captures }

  /// Hands something over, waiting for room if it weighs anything; false once the recording is over.
  func capture(_ item: Captured, weight: Int) -> Bool {
    defer { captures?.ring() }
    return captured.send(item, weight: weight)
  }

  /// Hands over bytes that the child wrote; false once the recording is over.
  ///
  /// They join those of the same moment that still wait: a kernel gives a terminal's output in small pieces, and an
  /// event for each would cost more than it tells.
  func capture(output bytes: Span<UInt8>, at moment: UInt64) -> Bool {
    let delivery = captured.send(weight: bytes.count) { newest in
      newest.join(output: bytes, at: moment)
    } else: {
      var piece: [UInt8] = []
      piece.append(bytes, 0..<bytes.count)
      return .output(piece, moment)
    }
    if delivery == .added { captures?.ring() }
    return delivery != .refused
  }

  /// Makes lines of some of what was captured, for a sender that has time; false if there is nothing to do, or another
  /// is at it.
  func help() -> Bool {
    work.takeIfFree { work in work?.help(captured) ?? false } ?? false
  }
}

/// What is left to prove that a session was recorded.
package struct RecordingReceipt: Sendable {
  package var session: SessionID
  package var lines: UInt64
  package var root: Digest

  init(session: SessionID, lines: UInt64, root: Digest) {
    self.session = session
    self.lines = lines
    self.root = root
  }

  /// A closing leaf as a receipt; nil for a leaf of the log that is no session's.
  package init?(_ leaf: Leaf) {
    guard let session = leaf.session else { return nil }
    self.init(session: session, lines: leaf.lines, root: leaf.root)
  }
}

extension Captured {
  /// Microseconds within which pieces of output are one event.
  static let together: UInt64 = 2_000

  /// Adds output that came right after this; false if it is an event of its own.
  mutating func join(output bytes: Span<UInt8>, at moment: UInt64) -> Bool {
    guard case .output(var held, let first) = self, moment &- first <= Self.together,
      held.count + bytes.count <= Limits.payloadBytes
    else { return false }
    // Nobody else may hold the bytes, or they would be copied.
    self = .end(EndOfSession(reason: "", status: .exited(0)), 0)
    // The second piece of a flood: room for all of them.
    if held.capacity < held.count + bytes.count { held.reserveCapacity(Limits.payloadBytes) }
    held.append(bytes, 0..<bytes.count)
    self = .output(held, first)
    return true
  }

  /// Bytes of the terminal that it stands for.
  var bytes: Int {
    switch self {
    case .output(let bytes, _), .input(let bytes, _): bytes.count
    case .masked(let count, _, _): count
    case .resize, .mark, .pause, .resume, .pauseRefused, .clockStep, .end: 0
    }
  }
}
