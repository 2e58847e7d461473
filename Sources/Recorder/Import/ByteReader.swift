internal import Glibc
internal import Platform
internal import SessionLog

/// Reads a source from its first byte to its last through a window, hashing all of it.
struct ByteReader: ~Copyable {
  let source: SourceFile
  /// The window; `start..<end` is read and not consumed.
  private(set) var buffer: [UInt8]
  private(set) var start = 0
  private(set) var end = 0
  /// Offset in the source of the byte at `start`.
  private(set) var offset: UInt64 = 0
  private let sha: SHA256

  init(_ source: SourceFile, window: Int = 256 << 10) throws(ImportFailure) {
    self.source = source
    buffer = [UInt8](repeating: 0, count: max(window, 4096))
    do { sha = try SHA256() } catch { throw .log(.init(error)) }
  }

  /// A reader of a file that may not be there.
  static func optional(_ source: SourceFile?, window: Int = 64 << 10)
    throws(ImportFailure) -> ByteReader?
  {
    guard let source else { return nil }
    return try ByteReader(source, window: window)
  }

  /// Bytes in the window.
  var available: Int { end - start }

  /// Reads until `count` bytes stand in the window; false if the source ends before.
  mutating func fill(_ count: Int) throws(ImportFailure) -> Bool {
    while available < count {
      if !(try more(roomFor: count)) { return false }
    }
    return true
  }

  /// Reads on, making room for `count` bytes in all; false at the end of the source.
  private mutating func more(roomFor count: Int) throws(ImportFailure) -> Bool {
    if start > 0 {
      let kept = available
      for index in 0..<kept { buffer[index] = buffer[start + index] }
      start = 0
      end = kept
    }
    if end == buffer.count || buffer.count < count {
      let room = max(count, min(buffer.count * 2, buffer.count + (8 << 20)))
      buffer.append(contentsOf: repeatElement(0, count: max(0, room - buffer.count)))
    }
    var piece = [UInt8](repeating: 0, count: buffer.count - end)
    let got = try source.read(into: &piece, at: offset &+ UInt64(end))
    guard got > 0 else { return false }
    sha.update(piece.span.extracting(0..<got))
    buffer.replaceSubrange(end..<end + got, with: piece[..<got])
    end += got
    return true
  }

  mutating func consume(_ count: Int) {
    let taken = min(count, available)
    start += taken
    offset &+= UInt64(taken)
  }

  /// The byte at `start`; nil at the end.
  mutating func peek() throws(ImportFailure) -> UInt8? {
    guard try fill(1) else { return nil }
    return buffer[start]
  }

  /// Passes over a byte order mark, which Windows programs put before UTF-8.
  mutating func skipMark() throws(ImportFailure) {
    if try fill(3), buffer[start] == 0xEF, buffer[start + 1] == 0xBB, buffer[start + 2] == 0xBF {
      consume(3)
    }
  }

  /// Takes exactly `count` bytes, or all that is left.
  mutating func take(_ count: Int) throws(ImportFailure) -> [UInt8] {
    _ = try fill(count)
    let taken = Array(buffer[start..<start + min(count, available)])
    consume(taken.count)
    return taken
  }

  /// The length of the line at `start` without its LF; `hasEnd` is false where it is longer than `limit` or the source ends
  /// without LF.
  mutating func line(limit: Int) throws(ImportFailure) -> (count: Int, hasEnd: Bool)? {
    var searched = 0
    while true {
      if let found = newline(after: searched) { return (found, found <= limit) }
      searched = available
      if searched > limit { return (searched, false) }
      if !(try fill(available + 1)) {
        return available == 0 ? nil : (available, false)
      }
    }
  }

  /// Where the next LF stands, counted from `start`.
  private func newline(after searched: Int) -> Int? {
    unsafe buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, end - start > searched else { return nil }
      let from = unsafe base + start + searched
      guard let found = unsafe memchr(from, 0x0A, end - start - searched) else { return nil }
      return unsafe UnsafeRawPointer(found) - (base + start)
    }
  }

  /// Passes over everything up to and with the next LF; returns how many bytes it was.
  mutating func skipLine() throws(ImportFailure) -> UInt64 {
    let before = offset
    while try fill(1) {
      if let found = newline(after: 0) {
        consume(found + 1)
        break
      }
      consume(available)
    }
    return offset - before
  }

  /// Reads to the end of the source and returns what all of it was.
  mutating func finish() throws(ImportFailure) -> SourceDigest {
    while try fill(1) { consume(available) }
    return SourceDigest(name: source.name, sha256: sha.peek(), bytes: offset)
  }
}
