internal import Platform

/// How session files are compressed; chosen by measuring (Benchmarks/README.md).
struct Compression: Sendable {
  var level: Int32
  var windowLog: Int32
  /// Bytes of output made at a time.
  var room: Int
  /// How many compressors may hold an open frame at a time.
  var most: Int

  /// One session alone in its process: the better ratio on long output.
  static let alone = Compression(
    level: Compression.level, windowLog: Compression.windowLog, room: 65_536, most: 1)
  /// Many sessions of short events: a small window has the same ratio there, in a thirteenth of the memory.
  static let many = Compression(level: 1, windowLog: 14, room: 8192, most: 1024)

  static let level: Int32 = 1
  static let windowLog: Int32 = 17
  /// Lines are handed to libzstd in pieces of about this many bytes.
  static let chunk = 64 << 10
}

/// Compressors that sessions borrow while they have an open frame.
///
/// Not Sendable: one thread has it, with all its sessions.
final class CompressorPool {
  /// A compressor between two frames of one session.
  final class Loan {
    let compressor: Compressor
    private let count: Count

    fileprivate init(_ compressor: consuming Compressor, _ count: Count) {
      self.compressor = compressor
      self.count = count
      count.made += 1
    }

    // A writer that failed takes its compressor with it: nobody knows what is inside.
    deinit { count.made -= 1 }
  }

  fileprivate final class Count { var made = 0 }

  /// For whoever gets none of his own: ends a frame with each flush.
  private(set) var shared: Loan
  private let compression: Compression
  private let count = Count()
  private var free: [Loan] = []

  init(_ compression: Compression) throws(SessionLogFailure) {
    self.compression = compression
    shared = try zstd { () throws(ZstdFailure) in Loan(try Self.make(compression), Count()) }
    if compression.most == 1 { free = [shared] }
  }

  private static func make(_ compression: Compression) throws(ZstdFailure) -> Compressor {
    try Compressor(
      level: compression.level, windowLog: compression.windowLog, room: compression.room)
  }

  /// Nil if as many as allowed are in use.
  func borrow() throws(ZstdFailure) -> Loan? {
    if let loan = free.popLast() { return loan }
    guard count.made < compression.most, compression.most > 1 else { return nil }
    return Loan(try Self.make(compression), count)
  }

  /// Never uses a compressor again that failed: nobody knows what is inside.
  func discard(_ loan: Loan) {
    guard loan === shared else { return }
    do { shared = Loan(try Self.make(compression), Count()) } catch {
      // Then every session that needs it fails too, and says so.
    }
  }

  /// Takes back a compressor whose frame was ended.
  func giveBack(_ loan: Loan) {
    if loan !== shared || compression.most == 1 { free.append(loan) }
  }
}
