/// A format of terminal recordings that other programs read.
package enum ExportFormat: String, CaseIterable, Sendable {
  /// asciicast v3.
  case cast
  /// asciicast v2.
  case cast2
  /// What `script` writes: the bytes in one file, their times in another.
  case typescript
  case ttyrec

  /// True if the main file holds recorded bytes as they are, which must not reach a terminal.
  package var isRaw: Bool { self == .typescript || self == .ttyrec }
}

/// Which of an export's files bytes belong to.
package enum ExportPart: Sendable {
  case main
  /// The times of a typescript.
  case timing
}

/// What a format could not hold, in the order it was met.
package struct ExportLosses: Sendable, Equatable {
  package struct Loss: Sendable, Equatable {
    package var what: String
    package var count: UInt64
  }

  package private(set) var all: [Loss] = []

  package init() {}

  package func count(of what: String) -> UInt64 { all.first { $0.what == what }?.count ?? 0 }

  mutating func add(_ what: String, _ count: UInt64 = 1) {
    for index in all.indices where all[index].what == what {
      all[index].count &+= count
      return
    }
    all.append(Loss(what: what, count: count))
  }
}

/// The names of losses: what is counted, and by what format it would have been kept.
package enum Loss {
  package static let invalidText = "bytes of output that are not UTF-8, shown as U+FFFD"
  package static let input = "inputs"
  package static let resize = "changes of the terminal's size"
  package static let marker = "markers"
  package static let exit = "exit status"
  package static let other = "other events"
  package static let gap = "gaps, where the recording itself says that something is missing"
}
