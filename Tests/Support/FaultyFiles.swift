internal import Glibc
package import Platform
internal import Synchronization

/// A file system in memory that fails, tears, forgets and dies as it is told.
///
/// It models a disk under a page cache. Content becomes durable by a sync of the file, names by a sync
/// of their directory, and by nothing else: the sync of a file does not save its name. What is between
/// survives a `kill()` and is at the mercy of a `crash(seed:)`. Permissions are kept, never enforced.
package final class FaultyFiles: FileSystem {
  struct Descriptor: Sendable {
    var inode: Disk.ID
    var path: String
    var writable: Bool
  }

  struct State: Sendable {
    var disk = Disk()
    // Numbers are never used again: a late close by a dead owner must not hit another's file.
    var descriptors: [Int32: Descriptor] = [:]
    var nextDescriptor: Int32 = 3
    /// Which descriptor holds the lock of an inode.
    var locks: [Disk.ID: Int32] = [:]
    var faults: [Fault] = []
    var calls: [Operation: Int] = [:]
    var trace: [String] = []
    var isDead = false
    var syncsWhole = false
    var mostWritten = 0
  }

  let state: Mutex<State>

  /// How many session files were open for writing at a time, at the most.
  package var mostSessionFiles: Int { state.withLock { $0.mostWritten } }

  /// An empty disk: nothing but `/`.
  package init() { state = Mutex(State()) }

  init(disk: Disk) {
    var first = State()
    first.disk = disk
    state = Mutex(first)
  }

  /// How far a call may go; what remains of it once a fault has spoken.
  struct Allowance {
    var bytes = Int.max
    var losing: (code: Int32, seed: UInt64?)?
  }

  /// One call: counts it, lets the plan speak, does it, and writes the trace.
  private func perform<R: Sendable>(
    _ operation: Operation, _ verb: String, _ path: String?, descriptor: Int32 = -1,
    detail: String = "", _ body: (inout State, Allowance) throws(Errno) -> R
  ) throws(FileFailure) -> R {
    let result = state.withLock { (state: inout State) -> Result<R, Errno> in
      if state.isDead { return .failure(Errno(EIO)) }
      let path = path ?? state.descriptors[descriptor]?.path ?? "#\(descriptor)"
      state.calls[operation, default: 0] += 1
      var effect: Effect?
      for index in state.faults.indices where state.faults[index].meets(operation, path) {
        effect = effect ?? state.faults[index].effect
      }
      let result = Self.outcome(of: effect, operation, &state, body)
      let words = [operation.rawValue, path, detail].filter { !$0.isEmpty }.joined(separator: " ")
      state.trace.append(words + Self.ending(result) + (state.isDead ? " †" : ""))
      return result
    }
    do throws(Errno) { return try result.get() } catch {
      throw FileFailure(verb, path: path ?? "", code: error.code)
    }
  }

  private static func outcome<R>(
    of effect: Effect?, _ operation: Operation, _ state: inout State,
    _ body: (inout State, Allowance) throws(Errno) -> R
  ) -> Result<R, Errno> {
    func run(_ allowance: Allowance = Allowance()) -> Result<R, Errno> {
      do throws(Errno) { return .success(try body(&state, allowance)) } catch {
        return .failure(error)
      }
    }
    switch effect {
    case nil: return run()
    // A descriptor is gone after close, whatever close says; and no one hears of its EINTR.
    case .fail(EINTR, _) where operation == .close: return run()
    case .fail(let code, let landing):
      if landing || operation == .close {
        // Nobody would ever close what an open that failed has opened.
        if case .success(let opened as Int32) = run(), operation == .open {
          state.descriptors[opened] = nil
        }
      }
      return .failure(Errno(code))
    case .short(let bytes): return run(Allowance(bytes: bytes))
    case .loseDirtyPages(let code, let seed):
      guard operation == .sync else { return run() }
      return run(Allowance(losing: (code, seed)))
    case .die(let landing):
      if landing > 0 { _ = run(Allowance(bytes: landing)) }
      state.isDead = true
      return .failure(Errno(EIO))
    }
  }

  private static func ending<R>(_ result: Result<R, Errno>) -> String {
    switch result {
    case .success(let value as any BinaryInteger): " = \(value)"
    case .success(let value as Bool): " = \(value)"
    case .success: ""
    case .failure(let error): " ! \(name(of: error.code))"
    }
  }

  // MARK: FileSystem

  package func open(_ path: String, _ mode: OpenMode) throws(FileFailure) -> Int32 {
    try perform(.open, "open", path, detail: "\(mode)") { state, _ throws(Errno) in
      let follow = mode == .readNamed || mode == .directory
      let place = try state.disk.resolve(path, follow: follow)
      let writable =
        switch mode {
        case .read, .readNamed, .directory: false
        case .readWrite, .createNew, .createOrOpen: true
        }
      let id: Disk.ID
      if let found = place.inode, let inode = state.disk.inodes[found] {
        if case .createNew = mode { throw Errno(EEXIST) }
        if inode.kind == .symbolicLink { throw Errno(ELOOP) }
        if inode.kind == .directory, writable { throw Errno(EISDIR) }
        if inode.kind != .directory, mode == .directory { throw Errno(ENOTDIR) }
        id = found
      } else {
        switch mode {
        case .createNew(let permissions), .createOrOpen(let permissions):
          id = state.disk.make(.regular, at: place, permissions: permissions)
        default: throw Errno(ENOENT)
        }
      }
      let descriptor = state.nextDescriptor
      state.nextDescriptor += 1
      state.descriptors[descriptor] = Descriptor(inode: id, path: path, writable: writable)
      if writable, path.hasSuffix(".zst") {
        let open = state.descriptors.values.count { $0.writable && $0.path.hasSuffix(".zst") }
        state.mostWritten = max(state.mostWritten, open)
      }
      return descriptor
    }
  }

  package func close(_ descriptor: Int32) throws(FileFailure) {
    try perform(.close, "close", nil, descriptor: descriptor) { state, _ throws(Errno) in
      guard let open = state.descriptors.removeValue(forKey: descriptor) else {
        throw Errno(EBADF)
      }
      if state.locks[open.inode] == descriptor { state.locks[open.inode] = nil }
      state.release(open.inode)
    }
  }

  package func write(_ descriptor: Int32, _ bytes: Span<UInt8>, at offset: UInt64)
    throws(FileFailure) -> Int
  {
    let copy = bytes.withUnsafeBufferPointer { Array($0) }
    return try perform(
      .write, "write", nil, descriptor: descriptor, detail: "@\(offset) +\(copy.count)"
    ) { state, allowance throws(Errno) in
      let open = try state.openFile(descriptor)
      guard open.writable else { throw Errno(EBADF) }
      guard state.disk.inodes[open.inode]?.kind == .regular else { throw Errno(ESPIPE) }
      // No test has files this large; a wrong offset must not eat the machine's memory.
      guard offset < 1 << 32 else { throw Errno(EFBIG) }
      var count = min(copy.count, allowance.bytes)
      let size = state.disk.inodes[open.inode]?.cached.count ?? 0
      let growth = max(0, Int(offset) + count - size)
      if let space = state.disk.space {
        let taken = min(growth, space)
        count -= growth - taken
        guard count > 0 || copy.isEmpty || allowance.bytes == 0 else { throw Errno(ENOSPC) }
        state.disk.space = space - taken
      }
      guard count > 0 else { return 0 }
      state.disk.inodes[open.inode]?
        .change(.write(offset: Int(offset), bytes: Array(copy[..<count])))
      return count
    }
  }

  package func read(
    _ descriptor: Int32, into buffer: inout [UInt8], from start: Int, at offset: UInt64
  ) throws(FileFailure) -> Int {
    let room = buffer.count - start
    let got = try perform(
      .read, "read", nil, descriptor: descriptor, detail: "@\(offset) +\(room)"
    ) { state, allowance throws(Errno) -> Got in
      let open = try state.openFile(descriptor)
      guard let inode = state.disk.inodes[open.inode] else { throw Errno(EIO) }
      if inode.kind == .directory { throw Errno(EISDIR) }
      guard inode.kind == .regular else { throw Errno(ESPIPE) }
      guard offset < UInt64(inode.cached.count) else { return Got(bytes: []) }
      let end = min(inode.cached.count, Int(offset) + min(room, allowance.bytes))
      return Got(bytes: inode.cached[Int(offset)..<end])
    }
    buffer.replaceSubrange(start..<start + got.bytes.count, with: got.bytes)
    return got.bytes.count
  }

  private struct Got: Sendable { var bytes: ArraySlice<UInt8> }

  package func sync(_ descriptor: Int32, dataOnly: Bool) throws(FileFailure) {
    try perform(
      .sync, "sync", nil, descriptor: descriptor, detail: dataOnly ? "data" : "all"
    ) { state, allowance throws(Errno) in
      let id = try state.openFile(descriptor).inode
      if let (code, seed) = allowance.losing {
        state.disk.loseDirtyPages(of: id, seed: seed)
        throw Errno(code)
      }
      if let code = state.disk.inodes[id]?.owedError {
        state.disk.inodes[id]?.owedError = nil
        throw Errno(code)
      }
      if state.disk.inodes[id]?.kind == .directory { state.disk.syncNames(of: id) }
      state.disk.inodes[id]?.sync()
    }
  }

  package func syncFileSystem(_ descriptor: Int32) throws(FileFailure) -> Bool {
    try perform(
      .sync, "sync", nil, descriptor: descriptor, detail: "file system"
    ) { state, allowance throws(Errno) in
      guard state.syncsWhole else { return false }
      if let (code, seed) = allowance.losing {
        for id in state.disk.inodes.keys.sorted() {
          // Linux remembers the error for each file (errseq_t), until somebody who has it open asks.
          if let inode = state.disk.inodes[id], inode.kind == .regular, !inode.pending.isEmpty {
            state.disk.inodes[id]?.owedError = code
          }
          state.disk.loseDirtyPages(of: id, seed: seed)
        }
        throw Errno(code)
      }
      for id in state.disk.inodes.keys.sorted() {
        if state.disk.inodes[id]?.kind == .directory { state.disk.syncNames(of: id) }
        state.disk.inodes[id]?.sync()
      }
      return true
    }
  }

  package func truncate(_ descriptor: Int32, to size: UInt64) throws(FileFailure) {
    try perform(
      .truncate, "truncate", nil, descriptor: descriptor, detail: "to \(size)"
    ) { state, _ throws(Errno) in
      let open = try state.openFile(descriptor)
      guard open.writable, let inode = state.disk.inodes[open.inode], inode.kind == .regular else {
        throw Errno(EINVAL)
      }
      guard size < 1 << 32 else { throw Errno(EFBIG) }
      // Growing by a cut makes a hole, which takes no room.
      if let space = state.disk.space {
        state.disk.space = space + max(0, inode.cached.count - Int(size))
      }
      state.disk.inodes[open.inode]?.change(.truncate(Int(size)))
    }
  }

  package func status(_ descriptor: Int32) throws(FileFailure) -> FileStatus {
    try perform(.status, "look at", nil, descriptor: descriptor) { state, _ throws(Errno) in
      try state.status(try state.openFile(descriptor).inode)
    }
  }

  package func status(of path: String) throws(FileFailure) -> FileStatus {
    try perform(.statusOfPath, "look at", path) { state, _ throws(Errno) in
      guard let id = try state.disk.resolve(path, follow: false).inode else { throw Errno(ENOENT) }
      return try state.status(id)
    }
  }

  package func lock(_ descriptor: Int32, wait: Bool) throws(FileFailure) -> Bool {
    let first = try perform(
      .lock, "lock", nil, descriptor: descriptor, detail: wait ? "wait" : "try"
    ) { state, _ throws(Errno) in
      try state.take(descriptor)
    }
    guard wait, !first else { return first }
    // Waiting is part of the same call: not counted, not met by faults.
    while true {
      sched_yield()
      let taken = state.withLock { state -> Result<Bool, Errno> in
        if state.isDead { return .failure(Errno(EIO)) }
        do throws(Errno) { return .success(try state.take(descriptor)) } catch {
          return .failure(error)
        }
      }
      do throws(Errno) { if try taken.get() { return true } } catch {
        throw FileFailure("lock", path: "", code: error.code)
      }
    }
  }

  package func makeDirectory(_ path: String, permissions: UInt32) throws(FileFailure) {
    try perform(.makeDirectory, "make directory", path) { state, _ throws(Errno) in
      let place = try state.disk.resolve(path, follow: false)
      guard place.inode == nil else { throw Errno(EEXIST) }
      _ = state.disk.make(.directory, at: place, permissions: permissions)
    }
  }

  package func rename(_ source: String, to target: String) throws(FileFailure) {
    try perform(.rename, "rename", target, detail: "from \(source)") { state, _ throws(Errno) in
      let from = try state.disk.resolve(source, follow: false)
      let to = try state.disk.resolve(target, follow: false)
      guard !from.name.isEmpty, !to.name.isEmpty else { throw Errno(EBUSY) }
      guard let id = from.inode, let moved = state.disk.inodes[id] else { throw Errno(ENOENT) }
      if to.inode == id { return }
      if moved.kind == .directory, state.disk.contains(id, to.directory) { throw Errno(EINVAL) }
      if let above = to.inode, state.disk.contains(above, from.directory) {
        throw Errno(ENOTEMPTY)
      }
      if let other = to.inode, let replaced = state.disk.inodes[other] {
        switch (moved.kind == .directory, replaced.kind == .directory) {
        case (false, true): throw Errno(EISDIR)
        case (true, false): throw Errno(ENOTDIR)
        case (true, true) where !replaced.entries.isEmpty: throw Errno(ENOTEMPTY)
        default: break
        }
      }
      state.disk.rename(id, from: from, to: to)
      if let replaced = to.inode { state.release(replaced) }
    }
  }

  package func remove(_ path: String) throws(FileFailure) {
    try perform(.remove, "remove", path) { state, _ throws(Errno) in
      let place = try state.disk.resolve(path, follow: false)
      guard let id = place.inode else { throw Errno(ENOENT) }
      guard state.disk.inodes[id]?.kind != .directory else { throw Errno(EISDIR) }
      state.disk.unlink(id, at: place)
      state.release(id)
    }
  }

  package func list(_ path: String) throws(FileFailure) -> [String] {
    try perform(.list, "list", path) { state, _ throws(Errno) in
      guard let id = try state.disk.resolve(path, follow: true).inode,
        let inode = state.disk.inodes[id]
      else { throw Errno(ENOENT) }
      guard inode.kind == .directory else { throw Errno(ENOTDIR) }
      return inode.entries.keys.sorted()
    }
  }
}

extension FaultyFiles.State {
  func openFile(_ descriptor: Int32) throws(Errno) -> FaultyFiles.Descriptor {
    guard let open = descriptors[descriptor] else { throw Errno(EBADF) }
    return open
  }

  mutating func take(_ descriptor: Int32) throws(Errno) -> Bool {
    let id = try openFile(descriptor).inode
    guard locks[id] == nil || locks[id] == descriptor else { return false }
    locks[id] = descriptor
    return true
  }

  func status(_ id: Disk.ID) throws(Errno) -> FileStatus {
    guard let inode = disk.inodes[id] else { throw Errno(EIO) }
    let inner = inode.entries.values.filter { disk.inodes[$0]?.kind == .directory }.count
    return FileStatus(
      kind: inode.kind,
      size: UInt64(inode.kind == .symbolicLink ? inode.target.utf8.count : inode.cached.count),
      links: UInt64(inode.kind == .directory ? 2 + inner : inode.links),
      device: 0xB10C, inode: UInt64(id), owner: geteuid(), permissions: inode.permissions)
  }

  /// Gives back the room of a file that has neither name nor descriptor.
  mutating func release(_ id: Disk.ID) {
    guard let inode = disk.inodes[id], inode.links == 0,
      !descriptors.values.contains(where: { $0.inode == id })
    else { return }
    if let space = disk.space { disk.space = space + inode.cached.count }
    // The durable side may still name it, so its content stays for a crash to find.
    disk.inodes[id]?.cached = []
  }
}
