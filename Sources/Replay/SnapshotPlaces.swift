package import Platform
internal import SessionLog

/// Where snapshots of a recording may lie: all of it can be deleted at any time, and nothing depends on it.
package struct SnapshotPlaces: Sendable {
  /// Paths of files, the best first.
  private let paths: [String]
  private let system: any FileSystem
  /// A recording with fewer is read again sooner than its snapshots would be.
  let leastKeyframes: Int
  /// Output up to which text is found by playing.
  let leastOutput: UInt64
  /// Bytes that all files beside a new one may take; what was written longest ago goes first.
  private let mostBeside: UInt64

  /// Each path names a file in a directory that may have to be made, or cannot be.
  package init(
    _ paths: [String], in system: any FileSystem = SystemFiles.shared, leastKeyframes: Int = 8,
    leastOutput: UInt64 = 16 << 20, mostBeside: UInt64 = 2 << 30
  ) {
    self.mostBeside = mostBeside
    (self.leastKeyframes, self.leastOutput) = (leastKeyframes, leastOutput)
    self.paths = paths
    self.system = system
  }

  /// What was kept of a recording before; nil where there is nothing that belongs to these bytes.
  func read(_ binding: SnapshotBinding) -> ReplayIndex? {
    for path in paths {
      do throws(FileFailure) {
        let file = try File(path, .read, in: system)
        let status = try file.status()
        guard status.kind == .regular, status.size <= SnapshotFile.mostBytes else { continue }
        let bytes = try file.read(Int(clamping: status.size), at: 0)
        if let index = SnapshotFile.decode(bytes, binding) { return index }
      } catch {
        continue
      }
    }
    return nil
  }

  /// Writes to the first place that takes it, whole or not at all; false where none does.
  @discardableResult
  func write(_ index: ReplayIndex, _ binding: SnapshotBinding) -> Bool {
    let bytes: [UInt8]
    do { bytes = try SnapshotFile.encode(index, binding) } catch { return false }
    return paths.contains { path in
      do throws(FileFailure) {
        try write(path) { file throws(FileFailure) in
          let content = bytes
          try file.write(content.span, at: 0)
        }
        prune(beside: path)
        return true
      } catch {
        return false
      }
    }
  }

  // MARK: text

  private static func text(_ path: String) -> String { path + ".text" }

  /// A file without a name: nothing is left of it when its last reader is gone, however that ends.
  func makeText() -> File? {
    for path in paths {
      do throws(FileFailure) {
        let temporary = try temporary(Self.text(path))
        makeDirectories(path)
        let file = try File(temporary, .createNew(0o600), in: system)
        try system.remove(temporary)
        return file
      } catch {
        continue
      }
    }
    return nil
  }

  /// What `keepText` left; nil where there is none.
  func openText() -> File? {
    for path in paths {
      do throws(FileFailure) {
        let file = try File(Self.text(path), .read, in: system)
        if try file.status().kind == .regular { return file }
      } catch {
        continue
      }
    }
    return nil
  }

  /// Copies so many bytes to where the next viewer looks; false where no place takes them.
  func keepText(
    _ size: UInt64, _ read: (UInt64, Int) throws(FileFailure) -> [UInt8]
  ) -> Bool {
    paths.contains { path in
      do throws(FileFailure) {
        try write(Self.text(path)) { file throws(FileFailure) in
          var offset: UInt64 = 0
          while offset < size {
            let bytes = try read(offset, Int(min(size - offset, 1 << 20)))
            guard !bytes.isEmpty else { return }
            try file.write(bytes.span, at: offset)
            offset += UInt64(bytes.count)
          }
        }
        return true
      } catch {
        return false
      }
    }
  }

  /// Removes what was written longest ago where the directory has grown too large.
  ///
  /// Nothing but waiting depends on any file there; one that is in use stays readable for who has it open.
  private func prune(beside path: String) {
    let directory = Self.directory(path)
    // Whoever keeps snapshots among other things looks after them, too.
    guard directory.hasSuffix("/snapshots") else { return }
    do throws(FileFailure) {
      var files: [(path: String, status: FileStatus)] = []
      for name in try system.list(directory) {
        let file = directory + "/" + name
        guard file != path, file != Self.text(path) else { continue }
        let status = try system.status(of: file)
        if status.kind == .regular { files.append((file, status)) }
      }
      var bytes = files.reduce(UInt64(0)) { $0 &+ $1.status.size }
      files.sort { ($0.status.modified, $0.path) < ($1.status.modified, $1.path) }
      for file in files {
        guard bytes > mostBeside else { return }
        try system.remove(file.path)
        bytes -= file.status.size
      }
    } catch {
      // Another viewer tidies up, too.
    }
  }

  private func temporary(_ path: String) throws(FileFailure) -> String {
    do throws(CryptoFailure) {
      return path + "." + (try randomBytes(6)).map { String($0, radix: 16) }.joined() + ".tmp"
    } catch {
      throw FileFailure("name", path: path, code: FileFailure.ioError)
    }
  }

  /// Writes a file under another name first, then gives it its own.
  private func write(
    _ path: String, _ fill: (borrowing File) throws(FileFailure) -> Void
  ) throws(FileFailure) {
    makeDirectories(path)
    let temporary = try temporary(path)
    let file = try File(temporary, .createNew(0o600), in: system)
    do throws(FileFailure) {
      try fill(file)
      // Derived data: after a power cut its own digest tells whether it is whole.
      try system.rename(temporary, to: path)
    } catch {
      do { try system.remove(temporary) } catch {}
      throw error
    }
  }

  /// Makes the directory of a path and those above it that are missing; what cannot be made shows when the file is.
  private func makeDirectories(_ path: String) {
    var missing: [String] = []
    var directory = Self.directory(path)
    while !directory.isEmpty, missing.count < 4 {
      do {
        _ = try system.status(of: directory)
        break
      } catch {
        missing.append(directory)
        directory = Self.directory(directory)
      }
    }
    for directory in missing.reversed() {
      do { try system.makeDirectory(directory, permissions: 0o700) } catch { return }
    }
  }

  private static func directory(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
