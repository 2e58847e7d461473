internal import Platform
internal import SessionLog
internal import Synchronization

/// The text that a recording showed, packed, so that a search need not play it again.
///
/// Derived like all that lies beside it: what is read from it is held against a digest that was found with it, and where
/// it is missing or something else, the recording is played. One thread adds, any may read.
final class TextStore: Sendable {
  /// No more is kept of one recording, packed.
  static let mostBytes: UInt64 = 384 << 20
  private static let mostPlain = 64 << 20

  /// Output up to which nothing is kept.
  let leastOutput: UInt64
  private let places: SnapshotPlaces
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var file: File?
    var end: UInt64 = 0
    /// By the digest of a text, the keyed hash of packed bytes that hold it: as long as they are the same, what they hold
    /// need not be hashed again, which costs as much as unpacking it.
    var seals: [Digest: UInt64] = [:]
    /// It could not be written, or is full.
    var isOver = false
  }

  /// A store to be filled; its file is made with the first text, and has no name.
  init(for places: SnapshotPlaces) {
    self.places = places
    leastOutput = places.leastOutput
    state = Mutex(State())
  }

  /// What an earlier viewer left; nil where there is none.
  init?(leftAt places: SnapshotPlaces) {
    guard let file = places.openText() else { return nil }
    self.places = places
    leastOutput = .max
    state = Mutex(State(file: file, isOver: true))
  }

  /// Keeps the text of a chunk, whose SHA-256 `digest` is; nil where it cannot.
  func add(_ bytes: [UInt8], _ digest: Digest) -> TextChunk.Place? {
    state.withLock { state in
      guard !state.isOver else { return nil }
      do {
        if state.file == nil { state.file = places.makeText() }
        var packed: [UInt8] = []
        let compressor = try Compressor(level: 1, windowLog: 20)
        try compressor.compress(bytes.span, ending: .frame, into: &packed)
        guard state.file != nil, !packed.isEmpty,
          state.end + UInt64(packed.count) <= Self.mostBytes
        else {
          state.isOver = true
          return nil
        }
        try state.file?.write(packed.span, at: state.end)
        state.seals[digest] = RowHashes.hash(packed.span)
        defer { state.end += UInt64(packed.count) }
        return TextChunk.Place(offset: state.end, stored: packed.count)
      } catch {
        // A full disk ends the keeping and nothing else.
        state.isOver = true
        return nil
      }
    }
  }

  /// The text of a chunk; nil where it is not there, or not what it was.
  func read(_ chunk: TextChunk, using decompressor: borrowing Decompressor) -> [UInt8]? {
    guard let place = chunk.place, place.stored <= Self.mostPlain else { return nil }
    do {
      let (stored, seal) = try state.withLock { state in
        (try state.file?.read(place.stored, at: place.offset), state.seals[chunk.digest])
      }
      guard let packed = stored else { return nil }
      var plain: [UInt8] = []
      plain.reserveCapacity(5 << 18)
      var position = 0
      try decompressor.reset()
      guard
        try decompressor.decompress(
          packed.span, from: &position, into: &plain, limit: Self.mostPlain)
      else { return nil }
      let found = RowHashes.hash(packed.span)
      if found != seal {
        guard try SHA256.hash(plain) == chunk.digest else { return nil }
        state.withLock { $0.seals[chunk.digest] = found }
      }
      return plain
    } catch {
      return nil
    }
  }

  /// Leaves what was added for the next viewer; false where there is nothing, or it cannot be.
  func leave() -> Bool {
    state.withLock { state in
      state.isOver = true
      guard state.file != nil, state.end > 0 else { return false }
      return places.keepText(state.end) { offset, count throws(FileFailure) in
        try state.file?.read(count, at: offset) ?? []
      }
    }
  }
}
