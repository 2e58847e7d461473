internal import Glibc

extension FaultyFiles {
  /// Puts a durable file there, with the directories above it; replaces what stood there.
  package func plant(_ path: String, _ bytes: [UInt8], permissions: UInt32 = 0o600) {
    plant(path) { disk, place in
      let id = disk.make(.regular, at: place, permissions: permissions)
      disk.inodes[id]?.cached = bytes
      disk.inodes[id]?.durable = bytes
    }
  }

  /// Puts a durable directory there, with those above it.
  package func plantDirectory(_ path: String, permissions: UInt32 = 0o700) {
    plant(path) { disk, place in
      _ = disk.make(.directory, at: place, permissions: permissions)
    }
  }

  /// Puts a durable symbolic link there; where it leads need not exist.
  package func plantSymbolicLink(_ path: String, to target: String) {
    plant(path) { disk, place in
      let id = disk.make(.symbolicLink, at: place, permissions: 0o777)
      disk.inodes[id]?.target = target
    }
  }

  /// Puts something there that is neither file, directory nor link, like a FIFO or a device.
  package func plantOther(_ path: String) {
    plant(path) { disk, place in _ = disk.make(.other, at: place, permissions: 0o600) }
  }

  /// Gives the file at `target` a second durable name.
  package func plantHardLink(_ path: String, to target: String) {
    plant(path) { disk, place in
      if let id = Self.find(target, in: disk) { disk.link(id, at: place) }
    }
  }

  /// What programs read at a path now; nil if there is no regular file.
  package func contents(_ path: String) -> [UInt8]? {
    state.withLock { state in
      guard let id = Self.find(path, in: state.disk), let inode = state.disk.inodes[id],
        inode.kind == .regular
      else { return nil }
      return inode.cached
    }
  }

  /// Changes a file's bytes behind everyone's back, on the disk and in the cache.
  package func tamper(_ path: String, _ change: (inout [UInt8]) -> Void) {
    guard var bytes = contents(path) else { return }
    change(&bytes)
    state.withLock { state in
      guard let id = Self.find(path, in: state.disk) else { return }
      state.disk.inodes[id]?.cached = bytes
      state.disk.inodes[id]?.durable = bytes
      state.disk.inodes[id]?.pending = []
    }
  }

  /// Every path there is, sorted; directories end in a slash.
  package var paths: [String] {
    state.withLock { state in
      var found: [String] = []
      func walk(_ id: Disk.ID, _ prefix: String) {
        for (name, child) in state.disk.inodes[id]?.entries ?? [:] {
          let isDirectory = state.disk.inodes[child]?.kind == .directory
          found.append(prefix + name + (isDirectory ? "/" : ""))
          if isDirectory { walk(child, prefix + name + "/") }
        }
      }
      walk(Disk.root, "/")
      return found.sorted()
    }
  }

  /// Descriptors that nobody has closed, by path.
  package var openPaths: [String] { state.withLock { $0.descriptors.values.map(\.path).sorted() } }

  private static func find(_ path: String, in disk: Disk) -> Disk.ID? {
    do { return try disk.resolve(path, follow: false).inode } catch { return nil }
  }

  private func plant(_ path: String, _ make: (inout Disk, Disk.Place) -> Void) {
    state.withLock { state in
      // Names made here are durable at once; those that the program made keep waiting.
      let waiting = state.disk.names
      state.disk.names = []
      var current = ""
      let parts = path.split(separator: "/")
      for part in parts.dropLast() {
        current += "/" + part
        if let place = try? state.disk.resolve(current, follow: true), place.inode == nil {
          _ = state.disk.make(.directory, at: place, permissions: 0o700)
        }
      }
      if var place = try? state.disk.resolve(path, follow: false), !place.name.isEmpty {
        if let old = place.inode { state.disk.unlink(old, at: place) }
        place.inode = nil
        make(&state.disk, place)
      }
      for change in state.disk.names { state.disk.apply(change) }
      state.disk.names = waiting
    }
  }
}
