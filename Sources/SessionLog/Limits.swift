/// Every cap on what is read from outside, checked before anything is allocated.
///
/// Source: schema/session-format.md §7.
package enum Limits {
  /// One event line without its LF: long enough for a 64 KiB payload escaped six-fold, short enough to hold.
  package static let lineBytes = 8 << 20
  /// The shortest line that can carry a time and a type.
  package static let shortestLine = 18
  /// All lines of one batch with their LFs: what a reader must hold to check a commit.
  package static let batchBytes = 16 << 20
  /// Stored parts of one batch: incompressible lines grow by less than this.
  package static let batchStoredBytes = 18 << 20
  /// zstd window, as a power of two: 8 MiB.
  package static let windowLog: Int32 = 23
  /// One log leaf.
  package static let leafBytes = 65_535
  /// Payload of one event; longer ones are split.
  package static let payloadBytes = 64 << 10
  /// Nesting of JSON.
  package static let jsonDepth = 32
  /// An event type's name.
  package static let typeBytes = 64
  /// `t` stays exact as a JSON number.
  package static let time: UInt64 = 1 << 53
  /// `blackbox.json`, guard, checkpoint, key: small text files.
  package static let smallFile = 64 << 10
}
