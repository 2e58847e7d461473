internal import CZstd

/// A failure of libzstd, in its own words.
package struct ZstdFailure: Error, Sendable, Equatable {
  package var reason: String
  package init(_ reason: String) { self.reason = reason }
}

/// Version of the linked libzstd, like "1.5.4".
package var zstdVersion: String { unsafe String(cString: ZSTD_versionString()) }

private func check(_ code: Int) throws(ZstdFailure) -> Int {
  guard ZSTD_isError(code) == 0 else {
    throw ZstdFailure(unsafe String(cString: ZSTD_getErrorName(code)))
  }
  return code
}

/// How frames are compressed; 0 stands for what the level has of its own.
package struct CompressorSettings: Sendable, Equatable {
  package var level: Int32
  /// Limits the memory that a reader needs: 2 to the power of it, in bytes.
  package var windowLog: Int32
  /// Entries of the tables of what was seen, as powers of two: of long pieces and of short ones, where the level's
  /// strategy has two.
  package var hashLog: Int32
  package var chainLog: Int32
  /// Bytes of the shortest repetition that is looked for.
  package var minMatch: Int32

  package init(
    level: Int32, windowLog: Int32, hashLog: Int32 = 0, chainLog: Int32 = 0, minMatch: Int32 = 0
  ) {
    self.level = level
    self.windowLog = windowLog
    self.hashLog = hashLog
    self.chainLog = chainLog
    self.minMatch = minMatch
  }
}

/// A zstd compressor for one frame after another.
///
/// Not `mutating`, because the state lives behind libzstd's handle; it is not Sendable, so one thread has it.
@safe package struct Compressor: ~Copyable {
  /// What must be true of the output when a call returns.
  package enum Ending: Sendable {
    /// libzstd may keep bytes back.
    case none
    /// All input so far can be decoded from the output so far; the frame goes on.
    case flush
    /// The frame is over; the next call begins another.
    case frame
  }

  private let context: OpaquePointer
  // Allocated once: room made in the output would have to be zeroed anew for each call.
  private let scratch: UnsafeMutableBufferPointer<UInt8>

  /// Makes a compressor whose frames carry neither checksum nor content size nor dictionary id.
  ///
  /// `room` is how many bytes of output are made at a time.
  package init(level: Int32, windowLog: Int32, room: Int = 65_536) throws(ZstdFailure) {
    try self.init(CompressorSettings(level: level, windowLog: windowLog), room: room)
  }

  /// As above, with settings in full.
  package init(_ settings: CompressorSettings, room: Int = 65_536) throws(ZstdFailure) {
    unsafe scratch = .allocate(capacity: room)
    unsafe context = try Self.make(settings)
  }

  /// Settings for the frames that are not begun yet; only between two frames.
  package func set(_ settings: CompressorSettings) throws(ZstdFailure) {
    try unsafe Self.set(settings, context)
  }

  private static func set(_ settings: CompressorSettings, _ context: OpaquePointer)
    throws(ZstdFailure)
  {
    for (name, value) in [
      (ZSTD_c_compressionLevel, settings.level), (ZSTD_c_windowLog, settings.windowLog),
      (ZSTD_c_hashLog, settings.hashLog), (ZSTD_c_chainLog, settings.chainLog),
      (ZSTD_c_minMatch, settings.minMatch),
    ] {
      _ = try check(unsafe ZSTD_CCtx_setParameter(context, name, value))
    }
  }

  private static func make(_ settings: CompressorSettings) throws(ZstdFailure) -> OpaquePointer {
    guard let context = unsafe ZSTD_createCCtx() else { throw ZstdFailure("out of memory") }
    do throws(ZstdFailure) {
      try unsafe set(settings, context)
      _ = try check(unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0))
      _ = try check(unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0))
    } catch {
      unsafe _ = ZSTD_freeCCtx(context)
      throw error
    }
    return unsafe context
  }

  deinit {
    unsafe scratch.deallocate()
    unsafe _ = ZSTD_freeCCtx(context)
  }

  /// Appends the compressed form of `input` to `output`.
  ///
  /// Wraps `ZSTD_compressStream2`.
  package func compress(
    _ input: Span<UInt8>, ending: Ending, into output: inout [UInt8]
  ) throws(ZstdFailure) {
    let directive =
      switch ending {
      case .none: ZSTD_e_continue
      case .flush: ZSTD_e_flush
      case .frame: ZSTD_e_end
      }
    var consumed = 0
    while true {
      var produced = 0
      let rest = unsafe input.withUnsafeBufferPointer { source in
        var source = unsafe ZSTD_inBuffer(
          src: source.baseAddress, size: source.count, pos: consumed)
        var sink = unsafe ZSTD_outBuffer(dst: scratch.baseAddress, size: scratch.count, pos: 0)
        let rest = unsafe ZSTD_compressStream2(context, &sink, &source, directive)
        unsafe consumed = source.pos
        unsafe produced = sink.pos
        return rest
      }
      let remaining = try check(rest)
      unsafe output.append(contentsOf: scratch.prefix(produced))
      // A flush is over when libzstd says 0, not when the input is used up.
      let done = ending == .none ? consumed == input.count : remaining == 0
      if done { return }
    }
  }
}

/// A zstd decompressor that stops at each frame's end.
@safe package struct Decompressor: ~Copyable {
  private let context: OpaquePointer
  // Allocated once: room made in the output would have to be zeroed anew for each call.
  private let scratch = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 65_536)

  /// Refuses frames that need a window of more than 2 to the power of `windowLog` bytes.
  package init(windowLog: Int32) throws(ZstdFailure) {
    unsafe context = try Self.make(windowLog: windowLog)
  }

  private static func make(windowLog: Int32) throws(ZstdFailure) -> OpaquePointer {
    guard let context = unsafe ZSTD_createDCtx() else { throw ZstdFailure("out of memory") }
    do throws(ZstdFailure) {
      _ = try check(unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLog))
    } catch {
      unsafe _ = ZSTD_freeDCtx(context)
      throw error
    }
    return unsafe context
  }

  deinit {
    unsafe scratch.deallocate()
    unsafe _ = ZSTD_freeDCtx(context)
  }

  /// Forgets a frame that was not read to its end.
  package func reset() throws(ZstdFailure) {
    _ = try check(unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only))
  }

  /// Decodes from `input`, starting at `position`, into `output`.
  ///
  /// Returns true when the frame ended; false when all input was used and the frame goes on.
  /// Never lets `output` grow beyond `limit` bytes: then it throws. Wraps `ZSTD_decompressStream`.
  package func decompress(
    _ input: Span<UInt8>, from position: inout Int, into output: inout [UInt8], limit: Int
  ) throws(ZstdFailure) -> Bool {
    while true {
      var produced = 0
      let before = position
      let hint = unsafe input.withUnsafeBufferPointer { source in
        var source = unsafe ZSTD_inBuffer(
          src: source.baseAddress, size: source.count, pos: position)
        var sink = unsafe ZSTD_outBuffer(dst: scratch.baseAddress, size: scratch.count, pos: 0)
        let hint = unsafe ZSTD_decompressStream(context, &sink, &source)
        unsafe position = source.pos
        unsafe produced = sink.pos
        return hint
      }
      let remaining = try check(hint)
      guard output.count <= limit, produced <= limit - output.count else {
        throw ZstdFailure("decodes to more than \(limit) bytes")
      }
      unsafe output.append(contentsOf: scratch.prefix(produced))
      if remaining == 0 { return true }
      // Room left over means that libzstd has nothing more to give for this input.
      if unsafe position == input.count && produced < scratch.count { return false }
      if position == before, produced == 0 { return false }
    }
  }
}
