extension FaultyFiles {
  /// What a power cut in this moment would leave: another file system, without descriptors and locks.
  ///
  /// Holds all that was synced, and of the rest what the seed decides: writes kept, dropped, torn at
  /// sectors of 512 bytes, their unwritten sectors zeros or garbage; names changed or not, a rename
  /// whole or not at all. Bytes that were synced before are never touched by a later torn write.
  /// This file system goes on, so many seeds can be asked at one moment.
  package func image(seed: UInt64) -> FaultyFiles {
    FaultyFiles(disk: state.withLock { $0.disk }.afterPowerCut(seed: seed))
  }

  /// The power is cut: the `image(seed:)`, and this file system is dead.
  package func crash(seed: UInt64) -> FaultyFiles {
    state.withLock { $0.isDead = true }
    return image(seed: seed)
  }

  /// The disk after the death of the process alone: all that was written is there, still unsynced.
  ///
  /// Another file system, with no descriptor and no lock; this one is dead.
  package func kill() -> FaultyFiles {
    let disk = state.withLock { state in
      state.isDead = true
      for id in state.disk.inodes.keys { state.disk.inodes[id]?.owedError = nil }
      return state.disk
    }
    return FaultyFiles(disk: disk)
  }

  /// Forgets all clean pages, as a system short of memory does: after a sync that failed and lost
  /// its pages, reads give the old bytes again.
  package func dropCaches() {
    state.withLock { state in
      for (id, inode) in state.disk.inodes where inode.kind == .regular && inode.links > 0 {
        var content = inode.durable
        for change in inode.pending { change.apply(to: &content) }
        state.disk.inodes[id]?.cached = content
      }
    }
  }
}

extension Disk {
  /// How much of the unsynced changes of one file, or of all names, a power cut spares.
  private enum Fate: CaseIterable {
    case all, none, prefix, some, torn, zeros, garbage
  }

  func afterPowerCut(seed: UInt64) -> Disk {
    var random = SeededGenerator(seed: seed)
    var disk = self
    // A dictionary's order differs from run to run; a seed must not.
    for id in inodes.keys.sorted() {
      guard let inode = inodes[id], !inode.pending.isEmpty else { continue }
      let fate = Fate.allCases.randomElement(using: &random) ?? .none
      disk.inodes[id]?.durable = Self.survive(inode.pending, over: inode.durable, fate, &random)
    }
    let fate = [Fate.all, .none, .prefix, .some].randomElement(using: &random) ?? .none
    let prefix = Int.random(in: 0...names.count, using: &random)
    for (index, change) in names.enumerated() {
      let kept =
        switch fate {
        case .all: true
        case .none: false
        case .prefix: index < prefix
        default: Bool.random(using: &random)
        }
      if kept { disk.apply(change) }
    }
    disk.settle()
    return disk
  }

  /// Makes the durable side the only one, and forgets what no name leads to.
  private mutating func settle() {
    names = []
    var links: [ID: Int] = [:]
    var reached: Set<ID> = [Self.root]
    var open = [Self.root]
    while let id = open.popLast() {
      for child in (inodes[id]?.durableEntries ?? [:]).values {
        links[child, default: 0] += 1
        if reached.insert(child).inserted { open.append(child) }
      }
    }
    links[Self.root] = 1
    for (id, inode) in inodes {
      guard reached.contains(id) else {
        inodes[id] = nil
        continue
      }
      inodes[id]?.links = links[id] ?? 0
      inodes[id]?.cached = inode.durable
      inodes[id]?.pending = []
      inodes[id]?.entries = inode.durableEntries
    }
  }

  /// A sync that failed: the pages count as clean, and only what the seed spares is durable.
  mutating func loseDirtyPages(of id: ID, seed: UInt64?) {
    guard let inode = inodes[id] else { return }
    if let seed {
      var random = SeededGenerator(seed: seed)
      let fate = Fate.allCases.randomElement(using: &random) ?? .none
      inodes[id]?.durable = Self.survive(inode.pending, over: inode.durable, fate, &random)
    }
    inodes[id]?.pending = []
  }

  private static let sector = 512

  private static func survive(
    _ changes: [Change], over durable: [UInt8], _ fate: Fate, _ random: inout SeededGenerator
  ) -> [UInt8] {
    var content = durable
    let prefix = Int.random(in: 0...changes.count, using: &random)
    for (index, change) in changes.enumerated() {
      switch fate {
      case .none: continue
      case .all: change.apply(to: &content)
      case .prefix:
        if index < prefix { change.apply(to: &content) }
        // The write at which it stopped is cut at a sector.
        if index == prefix { tear(change, &content, durable.count, fate, &random, stop: true) }
      case .some: if Bool.random(using: &random) { change.apply(to: &content) }
      case .torn, .zeros, .garbage:
        tear(change, &content, durable.count, fate, &random, stop: false)
      }
    }
    return content
  }

  /// Applies a write sector by sector, each with its own luck.
  private static func tear(
    _ change: Change, _ content: inout [UInt8], _ durable: Int, _ fate: Fate,
    _ random: inout SeededGenerator, stop: Bool
  ) {
    guard case .write(let offset, let bytes) = change else {
      if Bool.random(using: &random) { change.apply(to: &content) }
      return
    }
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + sector - (offset + start) % sector)
      var piece = Array(bytes[start..<end])
      var kept = Bool.random(using: &random)
      if !kept {
        if stop { return }
        // The size may have become durable before the data did.
        let lost =
          fate == .zeros
          ? piece.map { _ in 0 } : fate == .garbage ? random.bytes(piece.count) : piece
        // A sector that was durable holds its old bytes or the new ones, as disks promise.
        for index in piece.indices {
          let place = offset + start + index
          piece[index] = place < durable && place < content.count ? content[place] : lost[index]
        }
        kept = fate != .torn
      }
      if kept { Change.write(offset: offset + start, bytes: piece).apply(to: &content) }
      start = end
    }
  }
}
