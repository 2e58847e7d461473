/// Texts of more than one scalar, each stored as a shorter text and the scalar that follows it.
///
/// A number stays valid until `sweep(keeping:)` finds nobody uses it; the table never holds more
/// than `Limits.clusters`, so marks without end cost no memory.
struct ClusterTable: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    /// A scalar, or a cluster number with `PackedCell.clusterBit`.
    var prefix: UInt32
    var scalar: UInt32
    var length: UInt32
  }

  private var entries: [Entry] = []
  private var numbers: [UInt64: UInt32] = [:]
  private var free: [UInt32] = []
  /// New texts refused since the last sweep; a sweep is worth its price only now and then.
  private var refused = 0

  /// True when the caller should sweep before it asks for another text.
  var wantsSweep: Bool {
    free.isEmpty && entries.count >= Limits.clusters
      && (refused == 0 || refused >= Limits.clusters)
  }

  /// The text `prefix` followed by `scalar`; nil when the cell or the table is full.
  mutating func appending(_ scalar: UInt32, to prefix: UInt32) -> UInt32? {
    let key = UInt64(prefix) << 32 | UInt64(scalar)
    if let number = numbers[key] { return number | PackedCell.clusterBit }
    let length = length(of: prefix) + 1
    guard length <= Limits.scalarsPerCell else { return nil }
    let entry = Entry(prefix: prefix, scalar: scalar, length: UInt32(length))
    let number: UInt32
    if let reused = free.popLast() {
      number = reused
      entries[Int(number)] = entry
    } else if entries.count < Limits.clusters {
      number = UInt32(entries.count)
      entries.append(entry)
    } else {
      refused += 1
      return nil
    }
    numbers[key] = number
    return number | PackedCell.clusterBit
  }

  private func entry(_ text: UInt32) -> Entry? {
    guard text & PackedCell.clusterBit != 0 else { return nil }
    let index = Int(text & ~PackedCell.clusterBit)
    return index < entries.count ? entries[index] : nil
  }

  func length(of text: UInt32) -> Int {
    entry(text).map { Int($0.length) } ?? 1
  }

  /// The text without its last scalar; of a text of one scalar that scalar.
  func prefix(of text: UInt32) -> UInt32 {
    entry(text).map(\.prefix) ?? text
  }

  func last(of text: UInt32) -> UInt32 {
    entry(text).map(\.scalar) ?? text
  }

  func first(of text: UInt32) -> UInt32 {
    var text = text
    while let entry = entry(text) { text = entry.prefix }
    return text
  }

  /// The scalars in order.
  func scalars(of text: UInt32) -> [UInt32] {
    var reversed: [UInt32] = []
    var text = text
    while let entry = entry(text) {
      reversed.append(entry.scalar)
      text = entry.prefix
    }
    reversed.append(text)
    return reversed.reversed()
  }

  /// Frees every text that is neither in `texts` nor the beginning of one that is.
  mutating func sweep(keeping texts: Set<UInt32>) {
    var live = Set<UInt32>()
    for start in texts {
      var text = start
      while let entry = entry(text), live.insert(text & ~PackedCell.clusterBit).inserted {
        text = entry.prefix
      }
    }
    free = []
    numbers = numbers.filter { live.contains($0.value) }
    for index in entries.indices.reversed() where !live.contains(UInt32(index)) {
      free.append(UInt32(index))
    }
    refused = free.isEmpty ? 1 : 0
  }
}
