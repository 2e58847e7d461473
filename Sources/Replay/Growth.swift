internal import Platform
internal import SessionLog
package import Terminal

/// Hidden content and the event whose output held it.
package struct HiddenStep: Sendable, Equatable {
  package var event: Int
  package var content: HiddenContent

  /// Findings of one event that the emulator keeps.
  static let mostOfEvent = Limits.hiddenContent
}

/// What one batch adds to what is known of a recording; made by a reader and its scout, on any thread.
struct Growth: Sendable {
  /// Where a committed batch stands; nil for the tail, and where there was nothing more.
  var place: Timeline.BatchPlace?
  /// The batch's lines, where there is no file to read them from again.
  var packed: [UInt8]?
  /// Behind the last event of that batch.
  var end = 0
  /// Lines that no commit covers, and the event of the first.
  var tail: DecodedBatch?
  var firstTailEvent = 0
  /// One a line, as `Timeline` keeps them.
  var steps: [UInt64] = []
  /// All that there is now has been read.
  var isLast = false
  /// The reader looks for more: the session is still written.
  var isFollowed = false
  var facts = ReadingFacts()

  var marks: [(kind: MarkKind, event: Int)] = []
  var hidden: [HiddenStep] = []
  var hiddenDropped: UInt64 = 0
  var keyframes: [Keyframes.Keyframe] = []
  var text: [TextChunk] = []

  /// All that there is now has been read, and more may come.
  var mayGoOn: Bool { isLast && !facts.isClosed && facts.findings.isEmpty }

  /// What it costs to keep, roughly.
  var weight: Int {
    256 + steps.count * 8 + (packed?.count ?? 0) + keyframes.reduce(0) { $0 + $1.cost }
      + text.count * TextChunk.bytes
  }
}

/// What a reader knows of its recording besides the lines.
struct ReadingFacts: Sendable {
  var start: SessionStart?
  var findings: [Finding] = []
  var isClosed = false
  var isRecovered = false
  /// Share of the recording that is read, 0 to 1.
  var progress = 0.0
}
