import Glibc
import Platform
import TestSupport
import Testing

@Suite struct `Every file system` {
  @Test(arguments: Subject.allCases)
  func `makes a file only where there is none`(subject: Subject) throws {
    try subject.bench { bench in
      try bench.make("a", "one")
      try bench.files.makeDirectory(bench.path("d"), permissions: 0o700)
      bench.symbolicLink("dangling", to: "nowhere")
      for name in ["a", "d", "dangling"] {
        #expect(bench.code(opening: name, .createNew(0o600)) == EEXIST)
      }
      #expect(bench.code(opening: "nowhere", .read) == ENOENT)
      #expect(bench.code(opening: "b", .createOrOpen(0o600)) == 0)
      #expect(bench.code(opening: "a", .createOrOpen(0o600)) == 0)
      #expect(try bench.text("a") == "one")
    }
  }

  @Test(arguments: Subject.allCases)
  func `says what is missing and what is no directory`(subject: Subject) throws {
    try subject.bench { bench in
      try bench.make("a")
      for mode in [OpenMode.read, .readNamed, .readWrite, .directory] {
        #expect(bench.code(opening: "b", mode) == ENOENT)
      }
      for mode in [OpenMode.read, .readWrite, .createNew(0o600), .createOrOpen(0o600)] {
        #expect(bench.code(opening: "no/b", mode) == ENOENT)
        #expect(bench.code(opening: "a/b", mode) == ENOTDIR)
      }
      #expect(bench.code(opening: "a", .directory) == ENOTDIR)
      let long = String(repeating: "x", count: 256)
      #expect(bench.code(opening: long, .createNew(0o600)) == ENAMETOOLONG)
      #expect(bench.code(opening: String(long.dropLast()), .createNew(0o600)) == 0)
      let files = bench.files
      #expect(bench.code { () throws(FileFailure) in _ = try files.open("", .read) } == ENOENT)
    }
  }

  @Test(arguments: Subject.allCases)
  func `reads what was written, zeros in holes, nothing past the end`(subject: Subject) throws {
    try subject.bench { bench in
      let file = try File(bench.path("a"), .createNew(0o600), in: bench.files)
      try file.write([1, 2, 3], at: 5)
      #expect(try file.status().size == 8)
      #expect(try file.read(100, at: 0) == [0, 0, 0, 0, 0, 1, 2, 3])
      #expect(try file.read(2, at: 6) == [2, 3])
      #expect(try file.read(2, at: 8) == [])
      #expect(try file.read(2, at: 1_000_000) == [])
      try file.write([9], at: 6)
      try file.truncate(to: 7)
      try file.truncate(to: 9)
      #expect(try file.read(100, at: 5) == [1, 9, 0, 0])
      try file.sync()
      try file.sync(dataOnly: false)
    }
  }

  @Test(arguments: Subject.allCases)
  func `writes only through descriptors that write`(subject: Subject) throws {
    try subject.bench { bench in
      try bench.make("a", "one")
      let files = bench.files
      let descriptor = try files.open(bench.path("a"), .read)
      let bytes: [UInt8] = [1]
      #expect(
        bench.code { () throws(FileFailure) in
          _ = try files.write(descriptor, bytes.span, at: 0)
        } == EBADF)
      #expect(
        bench.code { () throws(FileFailure) in try files.truncate(descriptor, to: 0) } == EINVAL)
      try files.close(descriptor)
      #expect(try bench.text("a") == "one")
    }
  }

  @Test(arguments: Subject.allCases)
  func `a closed descriptor is good for nothing`(subject: Subject) throws {
    try subject.bench { bench in
      // A descriptor's number may be another's by now in the real system; a number never given out is safe.
      let files = bench.files
      let number: Int32 = 1_000_000
      let bytes: [UInt8] = [1]
      var buffer: [UInt8] = [0]
      #expect(bench.code { () throws(FileFailure) in try files.close(number) } == EBADF)
      #expect(
        bench.code { () throws(FileFailure) in _ = try files.write(number, bytes.span, at: 0) }
          == EBADF)
      #expect(
        bench.code { () throws(FileFailure) in
          _ = try files.read(number, into: &buffer, from: 0, at: 0)
        } == EBADF)
      #expect(
        bench.code { () throws(FileFailure) in try files.sync(number, dataOnly: true) } == EBADF)
      #expect(bench.code { () throws(FileFailure) in _ = try files.status(number) } == EBADF)
      #expect(
        bench.code { () throws(FileFailure) in _ = try files.lock(number, wait: false) } == EBADF)
      #expect(bench.code { () throws(FileFailure) in try files.truncate(number, to: 0) } == EBADF)
    }
  }

  @Test(arguments: Subject.allCases)
  func `follows a symbolic link only where a person named it`(subject: Subject) throws {
    try subject.bench { bench in
      try bench.make("a", "one")
      try bench.files.makeDirectory(bench.path("d"), permissions: 0o700)
      try bench.make("d/b", "two")
      bench.symbolicLink("link", to: "a")
      bench.symbolicLink("whole", to: bench.path("d"))
      bench.symbolicLink("loop", to: "loop")
      for mode in [OpenMode.read, .readWrite, .createOrOpen(0o600)] {
        #expect(bench.code(opening: "link", mode) == ELOOP)
        #expect(bench.code(opening: "loop", mode) == ELOOP)
      }
      #expect(try bench.text("link") == "one")
      #expect(bench.code(opening: "loop", .readNamed) == ELOOP)
      #expect(bench.code(opening: "loop/x", .read) == ELOOP)
      #expect(bench.code(opening: "whole", .directory) == 0)
      #expect(bench.code(opening: "whole/b", .read) == 0)
      #expect(bench.code(opening: "whole/../a", .read) == 0)
      #expect(bench.code(opening: "./d/./b", .read) == 0)
      #expect(try bench.files.list(bench.path("whole")) == ["b"])
      let status = try bench.files.status(of: bench.path("link"))
      #expect(status.kind == .symbolicLink)
      #expect(status.size == 1)
    }
  }

  @Test(arguments: Subject.allCases)
  func `keeps directories apart from files`(subject: Subject) throws {
    try subject.bench { bench in
      let files = bench.files
      let inner = bench.path("d")
      try files.makeDirectory(inner, permissions: 0o700)
      try bench.make("d/b")
      try bench.make("d/a")
      #expect(try files.list(inner) == ["a", "b"])
      #expect(bench.code(opening: "d", .readWrite) == EISDIR)
      #expect(bench.code(opening: "d", .createOrOpen(0o600)) == EISDIR)
      let descriptor = try files.open(inner, .read)
      var buffer: [UInt8] = [0]
      #expect(
        bench.code { () throws(FileFailure) in
          _ = try files.read(descriptor, into: &buffer, from: 0, at: 0)
        } == EISDIR)
      try files.close(descriptor)
      func making(_ name: String) -> Int32 {
        bench.code { () throws(FileFailure) in
          try files.makeDirectory(bench.path(name), permissions: 0o700)
        }
      }
      #expect(making("d") == EEXIST)
      #expect(making("d/a") == EEXIST)
      #expect(making("d/a/x") == ENOTDIR)
      #expect(making("no/x") == ENOENT)
      #expect(
        bench.code { () throws(FileFailure) in _ = try files.list(bench.path("d/a")) } == ENOTDIR)
      #expect(
        bench.code { () throws(FileFailure) in _ = try files.list(bench.path("no")) } == ENOENT)
      try files.syncDirectory(inner)
    }
  }

  @Test(arguments: Subject.allCases)
  func `renames over what may be replaced`(subject: Subject) throws {
    try subject.bench { bench in
      let files = bench.files
      try bench.make("a", "one")
      try bench.make("b", "two")
      try files.makeDirectory(bench.path("d"), permissions: 0o700)
      try files.makeDirectory(bench.path("e"), permissions: 0o700)
      try bench.make("d/x", "x")
      func rename(_ a: String, _ b: String) -> Int32 {
        bench.code { () throws(FileFailure) in
          try files.rename(bench.path(a), to: bench.path(b))
        }
      }
      let open = try File(bench.path("b"), .read, in: files)
      #expect(rename("a", "b") == 0)
      #expect(try bench.text("b") == "one")
      #expect(try open.read(10, at: 0) == Array("two".utf8))
      #expect(try open.status().links == 0)
      #expect(rename("a", "c") == ENOENT)
      #expect(rename("b", "d") == EISDIR)
      #expect(rename("d", "b") == ENOTDIR)
      #expect(rename("e", "d") == ENOTEMPTY)
      #expect(rename("d", "d/y") == EINVAL)
      #expect(rename("b", "no/b") == ENOENT)
      #expect(rename("d", "e") == 0)
      #expect(try bench.text("e/x") == "x")
      bench.hardLink("f", to: "b")
      #expect(rename("f", "b") == 0)
      #expect(try files.list(bench.root) == ["b", "e", "f"])
    }
  }

  @Test(arguments: Subject.allCases)
  func `a removed file lives on for those who hold it`(subject: Subject) throws {
    try subject.bench { bench in
      let files = bench.files
      try bench.make("a", "one")
      try files.makeDirectory(bench.path("d"), permissions: 0o700)
      let open = try File(bench.path("a"), .readWrite, in: files)
      try files.remove(bench.path("a"))
      #expect(try open.read(10, at: 0) == Array("one".utf8))
      #expect(try open.status().links == 0)
      try open.write([1], at: 0)
      func removing(_ name: String) -> Int32 {
        bench.code { () throws(FileFailure) in try files.remove(bench.path(name)) }
      }
      #expect(removing("a") == ENOENT)
      #expect(removing("d") == EISDIR)
      bench.symbolicLink("link", to: "d")
      #expect(removing("link") == 0)
      #expect(try files.list(bench.root) == ["d"])
    }
  }

  @Test(arguments: Subject.allCases)
  func `one open file description holds the lock`(subject: Subject) throws {
    try subject.bench { bench in
      try bench.make("a")
      let first = try File(bench.path("a"), .readWrite, in: bench.files)
      let second = try File(bench.path("a"), .read, in: bench.files)
      #expect(try first.lock(wait: false))
      #expect(try first.lock(wait: false))
      #expect(try !second.lock(wait: false))
      try bench.files.rename(bench.path("a"), to: bench.path("b"))
      try bench.make("a")
      #expect(try !second.lock(wait: false))
      let other = try File(bench.path("a"), .readWrite, in: bench.files)
      #expect(try other.lock(wait: true))
      try first.close()
      #expect(try second.lock(wait: true))
    }
  }

  @Test(arguments: Subject.allCases)
  func `tells kind, size, links, inode and permissions`(subject: Subject) throws {
    try subject.bench { bench in
      try bench.make("a", "one")
      bench.hardLink("b", to: "a")
      bench.fifo("pipe")
      let a = try bench.files.status(of: bench.path("a"))
      #expect(a.kind == .regular)
      #expect(a.size == 3)
      #expect(a.links == 2)
      #expect(a.permissions == 0o600)
      #expect(a.owner == geteuid())
      #expect(try bench.files.status(of: bench.path("b")) == a)
      let open = try File(bench.path("b"), .read, in: bench.files)
      #expect(try open.status() == a)
      #expect(try bench.files.status(of: bench.root).kind == .directory)
      #expect(try bench.files.status(of: bench.root).device == a.device)
      #expect(try bench.files.status(of: bench.path("pipe")).kind == .other)
      try bench.files.remove(bench.path("b"))
      #expect(try open.status().links == 1)
    }
  }

  @Test(arguments: Subject.allCases)
  func `opening a FIFO does not hang, and reading it fails`(subject: Subject) throws {
    try subject.bench { bench in
      bench.fifo("pipe")
      let file = try File(bench.path("pipe"), .read, in: bench.files)
      #expect(try file.status().kind == .other)
      #expect(throws: FileFailure.self) {
        try bench.files.readSmallFile(bench.path("pipe"), limit: 9)
      }
      // File cannot leave a closure, so its own read is asked through a fresh descriptor.
      let descriptor = try bench.files.open(bench.path("pipe"), .read)
      var buffer: [UInt8] = [0]
      #expect(
        bench.code { () throws(FileFailure) in
          _ = try bench.files.read(descriptor, into: &buffer, from: 0, at: 0)
        } == ESPIPE)
      try bench.files.close(descriptor)
    }
  }

  @Test(arguments: Subject.allCases)
  func `makes missing directories, replaces files, reads small ones`(subject: Subject) throws {
    try subject.bench { bench in
      let files = bench.files
      try files.makeDirectories(bench.path("x/y/z"), permissions: 0o700)
      try files.makeDirectories(bench.path("x/y/z"), permissions: 0o700)
      try bench.make("plain")
      #expect(
        bench.code { () throws(FileFailure) in
          try files.makeDirectories(bench.path("plain/q"), permissions: 0o700)
        } == ENOTDIR)
      let target = bench.path("x/y/z/f")
      for text in ["first", "second, longer", ""] {
        let bytes = Array(text.utf8)
        try files.replaceDurably(target, with: bytes, permissions: 0o640)
        #expect(try files.readSmallFile(target, limit: 100) == bytes)
        #expect(try files.list(bench.path("x/y/z")) == ["f"])
      }
      #expect(try files.status(of: target).permissions == 0o640)
      try bench.make("ten", "0123456789")
      #expect(try files.readSmallFile(bench.path("ten"), limit: 10).count == 10)
      #expect(
        bench.code { () throws(FileFailure) in
          _ = try files.readSmallFile(bench.path("ten"), limit: 9)
        } == EINVAL)
    }
  }

  /// One random step; the outcome as text, so that two systems can be compared.
  private static func step(
    _ bench: Bench, _ open: inout [(Int32, Int)], _ random: inout SeededGenerator
  ) -> String {
    let names = ["a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "l", "l/a", "a/x", "d/..", "."]
    let files = bench.files
    let choice = Int.random(in: 0..<13, using: &random)
    let name = names.randomElement(using: &random) ?? "a"
    let other = names.randomElement(using: &random) ?? "b"
    let modes: [OpenMode] = [
      .read, .readNamed, .readWrite, .createNew(0o600), .createOrOpen(0o600), .directory,
    ]
    let mode = modes.randomElement(using: &random) ?? .read
    let offset = UInt64.random(in: 0..<2000, using: &random)
    let bytes = random.bytes(Int.random(in: 0..<700, using: &random))
    let pick = open.isEmpty ? 0 : Int.random(in: 0..<open.count, using: &random)
    let descriptor = open.isEmpty ? 1_000_000 : open[pick].0
    do throws(FileFailure) {
      switch choice {
      case 0, 1:
        guard open.count < 8 else { return "full" }
        open.append((try files.open(bench.path(name), mode), 0))
        return "open"
      case 2:
        if !open.isEmpty { open.remove(at: pick) }
        try files.close(descriptor)
        return "closed"
      case 3, 4: return "\(try files.write(descriptor, bytes.span, at: offset))"
      case 5:
        var buffer = [UInt8](repeating: 0, count: 600)
        let got = try files.read(descriptor, into: &buffer, from: 100, at: offset)
        return "\(got) \(buffer)"
      case 6:
        try files.truncate(descriptor, to: offset)
        return "cut"
      case 7:
        let status = try files.status(descriptor)
        return "\(status.kind) \(status.kind == .regular ? "\(status.size) \(status.links)" : "")"
      case 8:
        let status = try files.status(of: bench.path(name))
        return "\(status.kind) \(status.kind == .regular ? "\(status.size) \(status.links)" : "")"
      case 9:
        try files.makeDirectory(bench.path(name), permissions: 0o700)
        return "made"
      case 10:
        try files.rename(bench.path(name), to: bench.path(other))
        return "renamed"
      case 11:
        try files.remove(bench.path(name))
        return "removed"
      default:
        if Bool.random(using: &random) { return "\(try files.lock(descriptor, wait: false))" }
        return "\(try files.list(bench.path(name)))"
      }
    } catch { return "\(choice) \(name) \(other) \(mode): \(error.code)" }
  }

  @Test(arguments: 0..<30)
  func `the two agree on thousands of random steps`(seed: UInt64) throws {
    try Subject.system.bench { system in
      try Subject.faulty.bench { faulty in
        var random = SeededGenerator(seed: seed)
        for bench in [system, faulty] { bench.symbolicLink("l", to: "d") }
        var mine: [(Int32, Int)] = []
        var theirs: [(Int32, Int)] = []
        defer { for (descriptor, _) in theirs { try? SystemFiles.shared.close(descriptor) } }
        for number in 0..<300 {
          var twin = random
          let expected = Self.step(system, &theirs, &random)
          let found = Self.step(faulty, &mine, &twin)
          #expect(found == expected, "seed \(seed), step \(number)")
          if found != expected { return }
        }
      }
    }
  }
}
