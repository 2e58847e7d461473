internal import Platform

/// How session files are compressed; chosen by measuring (Benchmarks/README.md).
struct Compression: Sendable {
  var settings: CompressorSettings
  /// Bytes of output made at a time.
  var room: Int
  /// How many compressors may hold an open frame at a time.
  var most: Int
  /// So many of them have the window of a session alone: an eighth fewer bytes for five times the memory.
  var mostWide = 0
  /// Settings follow what each frame is of; see `CompressionChoice`.
  var isChosenByFrame = false

  /// The test vectors', which stay as they are whatever is measured.
  static let vectors = Compression(
    settings: CompressorSettings(level: 1, windowLog: 17), room: 65_536, most: 1)
  /// One session alone in its process.
  ///
  /// Its writer sets each frame's own settings; these are for the two lines of its first batch, which any would do for.
  static let alone = Compression(
    settings: vectors.settings, room: 65_536, most: 1, isChosenByFrame: true)
  /// Many sessions: the first few have the wide window (0.95 MiB each), a thousand a small one (0.2 MiB each).
  static let many = Compression(
    settings: CompressorSettings(level: 1, windowLog: 14), room: 8192, most: 1024, mostWide: 48)
  /// Of the first few of many.
  static let wideWindowLog: Int32 = 17

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
    let last = Tier(windowLog: compression.settings.windowLog, most: compression.most)
    shared = try zstd { () throws(ZstdFailure) in
      try Self.make(compression, Tier(windowLog: compression.settings.windowLog, most: 1))
    }
    guard compression.most > 1 else {
      last.free = [shared]
      tiers = [last]
      return
    }
    let wide = min(compression.mostWide, compression.most - 1)
    tiers = [Tier(windowLog: Compression.wideWindowLog, most: wide), last]
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
    var settings = compression.settings
    settings.windowLog = tier.windowLog
    return Loan(try Compressor(settings, room: compression.room), tier)
  }

  /// Whoever borrows a compressor sets it for his frame.
  var isChosenByFrame: Bool { compression.isChosenByFrame }

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
