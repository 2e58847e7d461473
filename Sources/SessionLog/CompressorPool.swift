internal import Platform

/// How session files are compressed; chosen by measuring (Benchmarks/README.md).
struct Compression: Sendable {
  var level: Int32
  var windowLog: Int32
  /// Bytes of output made at a time.
  var room: Int
  /// How many compressors may hold an open frame at a time.
  var most: Int
  /// So many of them have the window of a session alone: an eighth fewer bytes for five times the memory.
  var mostWide = 0

  /// One session alone in its process: the better ratio on long output.
  static let alone = Compression(
    level: Compression.level, windowLog: Compression.windowLog, room: 65_536, most: 1)
  /// Many sessions: the first few have the wide window (0.95 MiB each), a thousand a small one (0.2 MiB each).
  static let many = Compression(level: 1, windowLog: 14, room: 8192, most: 1024, mostWide: 48)

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
    fileprivate let tier: Tier

    fileprivate init(_ compressor: consuming Compressor, _ tier: Tier) {
      self.compressor = compressor
      self.tier = tier
      tier.made += 1
    }

    // A writer that failed takes its compressor with it: nobody knows what is inside.
    deinit { tier.made -= 1 }
  }

  /// Compressors of one window.
  fileprivate final class Tier {
    let windowLog: Int32
    let most: Int
    var made = 0
    var free: [Loan] = []

    init(windowLog: Int32, most: Int) { (self.windowLog, self.most) = (windowLog, most) }
  }

  /// For whoever gets none of his own: ends a frame with each flush.
  private(set) var shared: Loan
  private let compression: Compression
  /// The best first.
  private let tiers: [Tier]

  init(_ compression: Compression) throws(SessionLogFailure) {
    self.compression = compression
    let last = Tier(windowLog: compression.windowLog, most: compression.most)
    shared = try zstd { () throws(ZstdFailure) in
      try Self.make(compression, Tier(windowLog: compression.windowLog, most: 1))
    }
    guard compression.most > 1 else {
      last.free = [shared]
      tiers = [last]
      return
    }
    let wide = min(compression.mostWide, compression.most - 1)
    tiers = [Tier(windowLog: Compression.windowLog, most: wide), last]
  }

  // Loans know their tier and free ones are held by it.
  deinit { for tier in tiers { tier.free = [] } }

  /// Lets go of compressors that nobody uses, but for so many of each kind; true if there were any.
  func trim(keeping kept: Int) -> Bool {
    var isTrimmed = false
    for tier in tiers where tier.free.count > kept {
      tier.free.removeFirst(tier.free.count - kept)
      isTrimmed = true
    }
    return isTrimmed
  }

  private static func make(_ compression: Compression, _ tier: Tier) throws(ZstdFailure) -> Loan {
    Loan(
      try Compressor(
        level: compression.level, windowLog: tier.windowLog, room: compression.room), tier)
  }

  /// Nil if as many as allowed are in use.
  func borrow() throws(ZstdFailure) -> Loan? {
    var made = 0
    for tier in tiers {
      if let loan = tier.free.popLast() { return loan }
      made += tier.made
      guard compression.most > 1, tier.made < tier.most, made < compression.most else { continue }
      return try Self.make(compression, tier)
    }
    return nil
  }

  /// Never uses a compressor again that failed: nobody knows what is inside.
  func discard(_ loan: Loan) {
    guard loan === shared else { return }
    do { shared = try Self.make(compression, loan.tier) } catch {
      // Then every session that needs it fails too, and says so.
    }
  }

  /// Takes back a compressor whose frame was ended.
  func giveBack(_ loan: Loan) {
    if compression.most == 1 {
      tiers[0].free = [loan]
    } else if loan !== shared {
      loan.tier.free.append(loan)
    }
  }
}
