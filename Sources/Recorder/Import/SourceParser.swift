/// Reads one foreign format piece by piece.
///
/// A parser never fails on what it reads: damage is a gap in the stream, and the rest goes on.
protocol SourceParser: ~Copyable {
  /// Reads one more piece; false at the end.
  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool
  /// Reads what is left of every file and returns what they were, the main one first.
  mutating func finish() throws(ImportFailure) -> [SourceDigest]
}
