import Glibc
import Platform
import TestSupport
import Testing

private func file(_ files: FaultyFiles, _ path: String, _ mode: OpenMode = .createNew(0o600))
  throws -> Int32
{ try files.open(path, mode) }

private func code(_ call: () throws(FileFailure) -> Void) -> Int32 {
  do throws(FileFailure) {
    try call()
    return 0
  } catch { return error.code }
}

@Suite struct `A power cut` {
  /// A file whose first 1,000 bytes are synced and named; then come three writes that are not.
  static func scene() throws -> (FaultyFiles, [UInt8]) {
    let files = FaultyFiles()
    let a = try file(files, "/a")
    let synced = [UInt8](repeating: 1, count: 1000)
    _ = try files.write(a, synced.span, at: 0)
    try files.sync(a, dataOnly: true)
    try files.syncDirectory("/")
    for (value, start) in [(UInt8(2), 1000), (3, 2500), (4, 4000)] {
      let bytes = [UInt8](repeating: value, count: 1500)
      _ = try files.write(a, bytes.span, at: UInt64(start))
    }
    return (files, try #require(files.contents("/a")))
  }

  @Test func `spares what was synced, whatever the seed`() throws {
    let (files, _) = try Self.scene()
    for seed in 0..<500 {
      let after = try #require(files.image(seed: UInt64(seed)).contents("/a"))
      #expect(after.prefix(1000).elementsEqual(repeatElement(1, count: 1000)))
      #expect(after.count >= 1000 && after.count <= 5500)
    }
  }

  @Test func `does to the rest all that disks do`() throws {
    let (files, whole) = try Self.scene()
    var seen: Set<String> = []
    for seed in 0..<500 {
      let after = try #require(files.image(seed: UInt64(seed)).contents("/a"))
      let first = after.dropFirst(1000).prefix(1500)
      let last = after.dropFirst(4000)
      if after == whole { seen.insert("whole") }
      if after.count == 1000 { seen.insert("nothing") }
      if after.count > 1000, whole.starts(with: after) { seen.insert("a prefix") }
      if first.allSatisfy({ $0 == 0 }), last.contains(4) { seen.insert("later without earlier") }
      if first.contains(2), first.contains(0) { seen.insert("zeros in a write") }
      if first.contains(where: { $0 > 4 }) { seen.insert("garbage") }
      if after.count > 1000, after.count % 512 == 0, whole.starts(with: after) {
        seen.insert("cut at a sector")
      }
    }
    #expect(
      seen == [
        "whole", "nothing", "a prefix", "later without earlier", "zeros in a write", "garbage",
        "cut at a sector",
      ])
  }

  @Test func `tears at sectors of 512 bytes and nowhere else`() throws {
    let (files, whole) = try Self.scene()
    // Where a sector or a write begins; between two of these all bytes share one fate.
    let edges = Set(stride(from: 1024, to: 5500, by: 512)).union([1000, 2500, 4000, 5500]).sorted()
    for seed in 0..<300 {
      let after = try #require(files.image(seed: UInt64(seed)).contents("/a"))
      for (start, end) in zip(edges, edges.dropFirst()) {
        let piece = after.dropFirst(start).prefix(end - start)
        #expect(piece.isEmpty || piece.count == end - start, "seed \(seed) at \(start)")
        let isGarbage = piece.contains { $0 > 4 }
        #expect(
          isGarbage || piece.allSatisfy { $0 == 0 } || piece.elementsEqual(whole[start..<end])
            || piece.isEmpty, "seed \(seed) at \(start)")
      }
    }
  }

  @Test func `the same seed gives the same disk`() throws {
    for seed in 0..<50 {
      let (one, _) = try Self.scene()
      let (two, _) = try Self.scene()
      #expect(
        one.image(seed: UInt64(seed)).contents("/a") == two.image(seed: UInt64(seed)).contents("/a")
      )
    }
  }

  @Test func `the sync of a file does not save its name`() throws {
    let files = FaultyFiles()
    let a = try file(files, "/a")
    try files.sync(a, dataOnly: false)
    let outcomes = Set((0..<100).map { files.image(seed: $0).paths })
    #expect(outcomes == [[], ["/a"]])
  }

  @Test func `the sync of a directory saves its names, and not those of another`() throws {
    let files = FaultyFiles()
    try files.makeDirectory("/d", permissions: 0o700)
    _ = try file(files, "/d/a")
    try files.syncDirectory("/d")
    // Without the sync of the root, what holds the name may itself be gone.
    #expect(Set((0..<100).map { files.image(seed: $0).paths }) == [[], ["/d/", "/d/a"]])
    let well = FaultyFiles()
    try well.makeDirectories("/d", permissions: 0o700)
    _ = try file(well, "/d/a")
    try well.syncDirectory("/d")
    #expect(Set((0..<100).map { well.image(seed: $0).paths }) == [["/d/", "/d/a"]])
  }

  @Test func `a rename goes whole or not at all, within and between directories`() throws {
    let files = FaultyFiles()
    files.plant("/x/old", [1])
    files.plant("/y/other", [2])
    try files.rename("/x/old", to: "/y/new")
    #expect(
      Set((0..<100).map { files.image(seed: $0).paths }) == [
        ["/x/", "/x/old", "/y/", "/y/other"], ["/x/", "/y/", "/y/new", "/y/other"],
      ])
    try files.syncDirectory("/x")
    #expect(files.image(seed: 1).paths == ["/x/", "/y/", "/y/new", "/y/other"])
  }

  @Test func `a file never has two names after a rename`() throws {
    for synced in ["/x", "/y"] {
      for seed in 0..<200 {
        let files = FaultyFiles()
        files.plantDirectory("/x")
        files.plantDirectory("/y")
        _ = try file(files, "/x/tmp")
        try files.rename("/x/tmp", to: "/y/new")
        try files.syncDirectory(synced)
        #expect(files.image(seed: UInt64(seed)).paths == ["/x/", "/y/", "/y/new"])
      }
    }
  }

  @Test func `leaves neither locks nor descriptors, and the old system dead`() throws {
    let files = FaultyFiles()
    files.plant("/a", [1])
    let a = try file(files, "/a", .readWrite)
    #expect(try files.lock(a, wait: false))
    for after in [files.crash(seed: 1), files.kill()] {
      #expect(after.openPaths.isEmpty)
      let b = try file(after, "/a", .readWrite)
      #expect(try after.lock(b, wait: false))
    }
    #expect(files.isDead)
    #expect(code { () throws(FileFailure) in try files.close(a) } == EIO)
  }

  @Test func `the death of the process alone loses nothing, and a power cut may still follow`()
    throws
  {
    let (files, whole) = try Self.scene()
    let after = files.kill()
    #expect(after.contents("/a") == whole)
    let lengths = Set((0..<100).compactMap { after.image(seed: $0).contents("/a")?.count })
    #expect(lengths.contains(1000) && lengths.contains(5500))
  }

  @Test func `a cut that was not synced may be undone`() throws {
    let files = FaultyFiles()
    files.plant("/a", [1, 2, 3])
    let a = try file(files, "/a", .readWrite)
    try files.truncate(a, to: 1)
    #expect(
      Set((0..<100).compactMap { files.image(seed: $0).contents("/a") }) == [[1], [1, 2, 3]])
    try files.sync(a, dataOnly: true)
    #expect(Set((0..<100).compactMap { files.image(seed: $0).contents("/a") }) == [[1]])
  }
}

@Suite struct `A fault plan` {
  @Test func `meets the call it names, so many times`() throws {
    let files = FaultyFiles()
    files.plant("/a", [1])
    files.inject(.init(.status, on: "/a", at: 2, times: 2, .fail(EIO, landing: false)))
    let a = try file(files, "/a", .read)
    func ask() -> Int32 { code { () throws(FileFailure) in _ = try files.status(a) } }
    #expect([ask(), ask(), ask(), ask()] == [0, EIO, EIO, 0])
    #expect(files.calls == 5)
    #expect(files.calls(of: .status) == 4)
    #expect(
      files.trace == [
        "open /a read = 3", "status /a", "status /a ! EIO", "status /a ! EIO", "status /a",
      ])
  }

  @Test func `a failure with and without its effect`() throws {
    for landing in [false, true] {
      let files = FaultyFiles()
      files.inject(.init(.makeDirectory, .fail(EIO, landing: landing)))
      #expect(
        code { () throws(FileFailure) in try files.makeDirectory("/d", permissions: 0o700) } == EIO)
      #expect(files.paths == (landing ? ["/d/"] : []))
    }
  }

  @Test func `from one call on, until it heals`() throws {
    let files = FaultyFiles()
    files.plant("/a", [])
    let a = try file(files, "/a", .readWrite)
    files.inject(.init(.sync, times: .max, .fail(EIO, landing: false)))
    for _ in 0..<3 {
      #expect(code { () throws(FileFailure) in try files.sync(a, dataOnly: true) } == EIO)
    }
    files.heal()
    try files.sync(a, dataOnly: true)
  }

  @Test func `a sync that lies: error once, then yes, and nothing is durable`() throws {
    let files = FaultyFiles()
    files.plant("/a", [9, 9])
    let a = try file(files, "/a", .readWrite)
    let bytes: [UInt8] = [1, 2]
    _ = try files.write(a, bytes.span, at: 0)
    files.inject(.init(.sync, .loseDirtyPages(EIO, seed: nil)))
    #expect(code { () throws(FileFailure) in try files.sync(a, dataOnly: true) } == EIO)
    try files.sync(a, dataOnly: true)
    #expect(files.contents("/a") == [1, 2])
    #expect(Set((0..<50).compactMap { files.image(seed: $0).contents("/a") }) == [[9, 9]])
  }

  @Test func `after the lie the cache forgets, and rewriting the bytes saves them`() throws {
    let files = FaultyFiles()
    files.plant("/a", [9, 9])
    let a = try file(files, "/a", .readWrite)
    let bytes: [UInt8] = [1, 2]
    _ = try files.write(a, bytes.span, at: 0)
    files.inject(.init(.sync, .loseDirtyPages(EIO, seed: nil)))
    #expect(code { () throws(FileFailure) in try files.sync(a, dataOnly: true) } == EIO)
    files.dropCaches()
    #expect(files.contents("/a") == [9, 9])
    _ = try files.write(a, bytes.span, at: 0)
    files.dropCaches()
    #expect(files.contents("/a") == [1, 2])
    try files.sync(a, dataOnly: true)
    #expect(Set((0..<50).compactMap { files.image(seed: $0).contents("/a") }) == [[1, 2]])
  }

  @Test func `a lie may also save a part`() throws {
    var outcomes: Set<[UInt8]> = []
    for seed in 0..<100 {
      let files = FaultyFiles()
      files.plant("/a", [])
      let a = try file(files, "/a", .readWrite)
      for offset in [0, 1] {
        let bytes = [UInt8(offset + 1)]
        _ = try files.write(a, bytes.span, at: UInt64(offset))
      }
      files.inject(.init(.sync, .loseDirtyPages(EIO, seed: UInt64(seed))))
      _ = code { () throws(FileFailure) in try files.sync(a, dataOnly: true) }
      outcomes.insert(try #require(files.image(seed: 0).contents("/a")))
    }
    #expect(outcomes.isSuperset(of: [[], [1], [0, 2], [1, 2]]))
  }

  @Test func `the disk fills, writes run short, and room comes back`() throws {
    let files = FaultyFiles()
    files.space = 10
    let a = try file(files, "/a")
    let bytes = [UInt8](repeating: 1, count: 8)
    #expect(try files.write(a, bytes.span, at: 0) == 8)
    #expect(try files.write(a, bytes.span, at: 8) == 2)
    #expect(code { () throws(FileFailure) in _ = try files.write(a, bytes.span, at: 10) } == ENOSPC)
    // What stands can be written over without room.
    #expect(try files.write(a, bytes.span, at: 0) == 8)
    try files.truncate(a, to: 4)
    #expect(files.space == 6)
    try files.remove("/a")
    #expect(files.space == 6)
    try files.close(a)
    #expect(files.space == 10)
  }

  @Test func `death in a write lets a part of it land`() throws {
    for (landing, wanted) in [(0, 0), (3, 3), (100, 5)] {
      let files = FaultyFiles()
      files.plant("/a", [])
      let a = try file(files, "/a", .readWrite)
      files.die(atCall: 1, landing: landing)
      let bytes: [UInt8] = [1, 2, 3, 4, 5]
      #expect(code { () throws(FileFailure) in _ = try files.write(a, bytes.span, at: 0) } == EIO)
      #expect(files.isDead)
      #expect(code { () throws(FileFailure) in try files.sync(a, dataOnly: true) } == EIO)
      #expect(files.kill().contents("/a")?.count == wanted)
    }
  }

  @Test func `close gives the descriptor back even when it fails`() throws {
    let files = FaultyFiles()
    files.plant("/a", [])
    let a = try file(files, "/a", .readWrite)
    #expect(try files.lock(a, wait: false))
    files.inject(.init(.close, .fail(EIO, landing: false)))
    #expect(code { () throws(FileFailure) in try files.close(a) } == EIO)
    #expect(files.openPaths.isEmpty)
    let b = try file(files, "/a", .readWrite)
    #expect(try files.lock(b, wait: false))
  }

  @Test func `threads wait for the lock and get it one after the other`() async throws {
    let files = FaultyFiles()
    files.plant("/lock", [])
    files.plant("/counter", [0])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<20 {
            let lock = try File("/lock", .readWrite, in: files)
            _ = try lock.lock(wait: true)
            let counter = try File("/counter", .readWrite, in: files)
            let value = try counter.read(1, at: 0)
            try counter.write([value[0] &+ 1], at: 0)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(files.contents("/counter") == [160])
  }
}

@Suite struct `Files under faults` {
  @Test func `one byte at a time and interrupted throughout, the bytes are the same`() throws {
    let files = FaultyFiles()
    let bytes = Array((0..<300).map { UInt8(truncatingIfNeeded: $0) })
    files.inject(.init(times: 5, .fail(EINTR, landing: false)))
    files.inject(.init(.write, times: .max, .short(1)))
    files.inject(.init(.read, times: .max, .short(1)))
    let file = try File("/a", .createNew(0o600), in: files)
    try file.write(bytes, at: 0)
    files.inject(.init(.sync, times: 5, .fail(EINTR, landing: false)))
    try file.sync()
    files.inject(.init(.truncate, times: 5, .fail(EINTR, landing: false)))
    try file.truncate(to: 299)
    files.inject(.init(.lock, times: 5, .fail(EINTR, landing: false)))
    #expect(try file.lock(wait: true))
    #expect(try file.read(1000, at: 0) == bytes.dropLast())
    #expect(files.calls(of: .write) == 300)
    try file.close()
    #expect(files.contents("/a") == bytes.dropLast())
  }

  @Test(arguments: [EIO, ENOSPC, EDQUOT, EROFS])
  func `a write that fails says how far it came`(errno: Int32) throws {
    let files = FaultyFiles()
    let file = try File("/a", .createNew(0o600), in: files)
    files.inject(.init(.write, times: 2, .short(3)))
    files.inject(.init(.write, at: 3, .fail(errno, landing: false)))
    let bytes = [UInt8](repeating: 7, count: 10)
    var written = 0
    var found: FileFailure?
    do { try file.write(bytes.span, at: 0, written: &written) } catch { found = error }
    #expect(found == FileFailure("write", path: "/a", code: errno))
    #expect(written == 6)
    #expect(found?.isOutOfSpace == (errno == ENOSPC || errno == EDQUOT))
    // What remains goes on from there.
    try file.write(bytes.span, at: 0, written: &written)
    #expect(written == 10)
    #expect(files.contents("/a") == bytes)
  }

  @Test func `a write that takes nothing is an error and no endless loop`() throws {
    let files = FaultyFiles()
    let file = try File("/a", .createNew(0o600), in: files)
    files.inject(.init(.write, times: .max, .short(0)))
    var found: FileFailure?
    do { try file.write([1], at: 0) } catch { found = error }
    #expect(found?.code == EIO)
  }

  @Test func `a failed sync is reported and never asked again`() throws {
    let files = FaultyFiles()
    let file = try File("/a", .createNew(0o600), in: files)
    files.inject(.init(.sync, .loseDirtyPages(EIO, seed: nil)))
    var found: FileFailure?
    do { try file.sync() } catch { found = error }
    #expect(found == FileFailure("sync", path: "/a", code: EIO))
    #expect(files.calls(of: .sync) == 1)
  }

  // MARK: replaceDurably

  static let old = Array("old content".utf8)
  static let new = [UInt8](repeating: 0x6E, count: 1300)

  /// Runs a replacement that dies at each of its calls, and collects every state a power cut or a
  /// killed process can leave; true as soon as one is neither old nor new.
  static func isUnsafe(
    _ replace: (FaultyFiles, String, [UInt8]) throws(FileFailure) -> Void
  ) throws -> Bool {
    for call in 1...40 {
      for landing in [0, 600, .max] {
        let files = FaultyFiles()
        files.plant("/d/f", old)
        files.die(atCall: call, landing: landing)
        var done = false
        do throws(FileFailure) {
          try replace(files, "/d/f", new)
          done = true
        } catch {}
        let images = (0..<60).map { files.image(seed: UInt64($0)) } + [files.kill()]
        for image in images {
          let content = image.contents("/d/f")
          // Once it has said yes, only the new bytes will do.
          if done ? content != new : content != old && content != new { return true }
        }
        if done { return false }
      }
    }
    Issue.record("never finished")
    return true
  }

  @Test func `a replaced file is old or new at every crash point, and new once it is said`() throws
  {
    #expect(
      try !Self.isUnsafe { files, path, bytes throws(FileFailure) in
        try files.replaceDurably(path, with: bytes, permissions: 0o600)
      })
  }

  @Test func `and the same after a crash left its temporary file behind`() throws {
    #expect(
      try !Self.isUnsafe { files, path, bytes throws(FileFailure) in
        files.plant(path + ".tmp", [1, 2, 3])
        try files.replaceDurably(path, with: bytes, permissions: 0o600)
      })
  }

  /// Replacements with one step left out: each must be found out, or the test above proves nothing.
  @Test(arguments: ["no sync of the file", "no sync of the directory", "no temporary file"])
  func `a careless replacement is caught`(flaw: String) throws {
    #expect(
      try Self.isUnsafe { files, path, bytes throws(FileFailure) in
        let direct = flaw == "no temporary file"
        let target = direct ? path : path + ".tmp"
        let file = try File(target, direct ? .readWrite : .createNew(0o600), in: files)
        try file.write(bytes, at: 0)
        if flaw != "no sync of the file" { try file.sync() }
        try file.close()
        if !direct { try files.rename(target, to: path) }
        if flaw != "no sync of the directory" { try files.syncDirectory("/d") }
      })
  }

  @Test func `each error leaves the old bytes or the new, and is reported`() throws {
    let clean = FaultyFiles()
    clean.plant("/d/f", Self.old)
    try clean.replaceDurably("/d/f", with: Self.new, permissions: 0o600)
    for call in 1...clean.calls {
      for landing in [false, true] {
        for errno in [EIO, ENOSPC] {
          let files = FaultyFiles()
          files.plant("/d/f", Self.old)
          files.inject(.init(at: call, .fail(errno, landing: landing)))
          var failed = false
          do throws(FileFailure) {
            try files.replaceDurably("/d/f", with: Self.new, permissions: 0o600)
          } catch {
            failed = true
          }
          // The last call closes the directory that was only opened to be synced.
          #expect(failed || call == clean.calls, "call \(call): \(files.trace)")
          let content = files.contents("/d/f")
          #expect(content == Self.old || content == Self.new)
          #expect(files.openPaths.isEmpty)
        }
      }
    }
  }

  @Test func `directories that were made are there after a power cut, at every point all or some`()
    throws
  {
    let clean = FaultyFiles()
    try clean.makeDirectories("/a/b/c", permissions: 0o700)
    for seed in 0..<50 {
      #expect(clean.image(seed: UInt64(seed)).paths == ["/a/", "/a/b/", "/a/b/c/"])
    }
  }
}
