internal import Platform

/// What stands behind a session's last commit: whole flushed lines, then perhaps bytes that a crash
/// tore.
///
/// Format: schema/session-format.md §4, Recovery (3).
package struct TornTail: Sendable {
  /// End of the last complete block, or ended frame, whose content ends in LF and whose lines are well formed.
  package var end: UInt64
  /// The data frame that `end` stands in is not ended.
  package var isFrameOpen: Bool
  /// The whole lines, each with its LF.
  package var content: [UInt8]
  /// `t` of the last whole line.
  package var time: UInt64
  /// Bytes of the file behind `end`.
  package var tornBytes: UInt64
  /// Complete frames among the kept bytes, for the seek table: stored and content length.
  var frames: [(stored: UInt64, content: UInt64)]
  /// Stored and content length kept of the frame that is still open.
  var openFrame: (stored: UInt64, content: UInt64)

  /// Measures the tail of `file` from the end of the last commit to `size`.
  static func measure(
    _ file: borrowing File, from start: UInt64, to size: UInt64, time: UInt64
  ) throws(SessionLogFailure) -> TornTail {
    // A writer never lets more than one batch stand without a commit; what is longer is not ours to keep.
    let count = Int(clamping: min(size - start, UInt64(Limits.batchStoredBytes)))
    let bytes: [UInt8]
    do { bytes = try file.read(count, at: start) } catch { throw SessionLogFailure(error) }
    var tail = TornTail(
      end: start, isFrameOpen: false, content: [], time: time, tornBytes: size - start,
      frames: [], openFrame: (0, 0))
    do throws(ZstdFailure) {
      try tail.walk(bytes.span, start: start)
    } catch {
      // What does not decode ends the walk: the tail ends where it was last whole.
    }
    tail.tornBytes = size - tail.end
    return tail
  }

  private mutating func walk(_ bytes: Span<UInt8>, start: UInt64) throws(ZstdFailure) {
    let decompressor = try Decompressor(windowLog: Limits.windowLog)
    var decoded: [UInt8] = []
    var frameStart = 0
    while let header = ZstdFrame.header(bytes, at: frameStart), ZstdFrame.fault(header) == nil {
      try decompressor.reset()
      let contentBefore = decoded.count
      var fed = frameStart
      var boundary = frameStart + header.bytes
      var ended = false
      while !ended, let block = ZstdFrame.block(bytes, at: boundary) {
        boundary += block.length
        let part = bytes.extracting(fed..<boundary)
        var position = 0
        ended = try decompressor.decompress(
          part, from: &position, into: &decoded, limit: Limits.batchBytes)
        fed = boundary
        guard ended == block.isLast, position == part.count else { return }
        // A recovery that was killed before its commit: its frame is cut off and written anew.
        guard !isRecoveryFrame(decoded, from: contentBefore), accept(decoded) else { return }
        let stored = UInt64(boundary - frameStart)
        let length = UInt64(decoded.count - contentBefore)
        // Zeros where a write was torn read as empty blocks without end: they are not kept.
        if ended || length > openFrame.content,
          decoded.last == 0x0A || ended && decoded.count == contentBefore
        {
          end = start + UInt64(boundary)
          isFrameOpen = !ended
          openFrame = ended ? (0, 0) : (stored, length)
        }
        if ended {
          guard decoded.isEmpty || decoded.last == 0x0A else { return }
          frames.append((stored, length))
        }
      }
      guard ended else { return }
      frameStart = boundary
    }
  }

  /// Only recovery begins a frame with `recorder.recovered`.
  private func isRecoveryFrame(_ decoded: [UInt8], from start: Int) -> Bool {
    guard decoded.count > start else { return false }
    let rest = decoded.span.extracting(start..<decoded.count)
    return LineHeader(rest)?.isType("recorder.recovered", in: rest) ?? false
  }

  /// Takes over the whole lines of `decoded` that are not in `content` yet; false at the first malformed one.
  private mutating func accept(_ decoded: [UInt8]) -> Bool {
    // Only complete when the block ends in LF: a half line stays out until its block comes.
    // Nothing is looked at twice, however small a hostile file makes its blocks.
    guard decoded.last == 0x0A, decoded.count > content.count else { return true }
    let span = decoded.span
    var lineStart = content.count
    var time = time
    for index in lineStart..<span.count where span[index] == 0x0A {
      let line = span.extracting(lineStart..<index)
      guard lineFault(line, after: time) == nil, let header = LineHeader(line) else { return false }
      time = header.time
      lineStart = index + 1
    }
    self.time = time
    content.append(contentsOf: decoded[content.count...])
    return true
  }
}
