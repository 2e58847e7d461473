internal import Glibc
internal import Platform

/// A disk under a page cache: what programs see, what is durable, and what lies between.
struct Disk: Sendable {
  typealias ID = Int

  /// A change of a file's content that no sync has made durable.
  enum Change: Sendable {
    case write(offset: Int, bytes: [UInt8])
    case truncate(Int)
  }

  /// A change of names that no sync of a directory has made durable.
  enum NameChange: Sendable {
    case link(ID, String, ID)
    case unlink(ID, String, ID)
    case rename(ID, String, ID, String, ID)

    func touches(_ directory: ID) -> Bool {
      switch self {
      case .link(let at, _, _), .unlink(let at, _, _): at == directory
      case .rename(let from, _, let to, _, _): from == directory || to == directory
      }
    }

    func touches(_ directory: ID, _ name: String) -> Bool {
      switch self {
      case .link(let at, let word, _), .unlink(let at, let word, _):
        at == directory && word == name
      case .rename(let from, let old, let to, let new, _):
        (from == directory && old == name) || (to == directory && new == name)
      }
    }
  }

  struct Inode: Sendable {
    var kind: FileKind
    var permissions: UInt32
    var links = 0
    /// Where a symbolic link leads.
    var target = ""
    /// What programs read.
    var cached: [UInt8] = []
    /// What a power cut leaves for certain.
    var durable: [UInt8] = []
    var pending: [Change] = []
    /// What the file's next sync has to report: a sync of the whole file system lost pages of it.
    var owedError: Int32?
    var entries: [String: ID] = [:]
    var durableEntries: [String: ID] = [:]

    mutating func change(_ change: Change) {
      change.apply(to: &cached)
      pending.append(change)
    }

    mutating func sync() {
      for change in pending { change.apply(to: &durable) }
      pending.removeAll()
    }
  }

  var inodes: [ID: Inode] = [root: Inode(kind: .directory, permissions: 0o700, links: 1)]
  /// In the order in which they were made, over all directories.
  var names: [NameChange] = []
  var nextID = 2
  var space: Int?

  static let root: ID = 1

  // MARK: Names

  struct Place {
    var directory: ID
    var name: String
    var inode: ID?
  }

  /// Finds what a path names; the last part may be missing, all others must be there.
  func resolve(_ path: String, follow: Bool) throws(Errno) -> Place {
    guard !path.isEmpty else { throw Errno(ENOENT) }
    var rest = path.split(separator: "/")[...]
    var stack = [Self.root]
    var hops = 0
    while let part = rest.popFirst() {
      let name = String(part)
      guard let here = stack.last, let directory = inodes[here] else { throw Errno(EIO) }
      guard directory.kind == .directory else { throw Errno(ENOTDIR) }
      guard name.utf8.count <= 255 else { throw Errno(ENAMETOOLONG) }
      if name == "." { continue }
      if name == ".." {
        if stack.count > 1 { stack.removeLast() }
        continue
      }
      guard let child = directory.entries[name] else {
        guard rest.isEmpty else { throw Errno(ENOENT) }
        return Place(directory: here, name: name, inode: nil)
      }
      if let link = inodes[child], link.kind == .symbolicLink, follow || !rest.isEmpty {
        hops += 1
        guard hops <= 40 else { throw Errno(ELOOP) }
        if link.target.hasPrefix("/") { stack = [Self.root] }
        rest = (link.target.split(separator: "/") + rest)[...]
        continue
      }
      guard !rest.isEmpty else { return Place(directory: here, name: name, inode: child) }
      stack.append(child)
    }
    let parent = stack.count > 1 ? stack[stack.count - 2] : Self.root
    return Place(directory: parent, name: "", inode: stack.last)
  }

  /// Makes a file or directory with a name that is still free.
  mutating func make(_ kind: FileKind, at place: Place, permissions: UInt32) -> ID {
    let id = nextID
    nextID += 1
    inodes[id] = Inode(kind: kind, permissions: permissions)
    link(id, at: place)
    return id
  }

  mutating func link(_ id: ID, at place: Place) {
    inodes[id]?.links += 1
    inodes[place.directory]?.entries[place.name] = id
    names.append(.link(place.directory, place.name, id))
  }

  mutating func unlink(_ id: ID, at place: Place) {
    inodes[place.directory]?.entries[place.name] = nil
    inodes[id]?.links -= 1
    names.append(.unlink(place.directory, place.name, id))
  }

  mutating func rename(_ id: ID, from source: Place, to target: Place) {
    if let replaced = target.inode { inodes[replaced]?.links -= 1 }
    inodes[source.directory]?.entries[source.name] = nil
    inodes[target.directory]?.entries[target.name] = id
    names.append(.rename(source.directory, source.name, target.directory, target.name, id))
  }

  /// Makes the names in a directory durable; a rename between two directories goes whole.
  mutating func syncNames(of directory: ID) {
    var kept: [NameChange] = []
    for change in names {
      guard change.touches(directory) else {
        kept.append(change)
        continue
      }
      if case .rename(let from, let name, _, _, _) = change {
        // What stood at the source before is over, or a crash could give the file both names.
        kept.removeAll { $0.touches(from, name) }
      }
      apply(change)
    }
    names = kept
  }

  /// Carries a change of names out on the durable side.
  mutating func apply(_ change: NameChange) {
    switch change {
    case .link(let directory, let name, let id):
      inodes[directory]?.durableEntries[name] = id
    case .unlink(let directory, let name, let id):
      if inodes[directory]?.durableEntries[name] == id {
        inodes[directory]?.durableEntries[name] = nil
      }
    case .rename(let from, let old, let to, let new, let id):
      if inodes[from]?.durableEntries[old] == id { inodes[from]?.durableEntries[old] = nil }
      inodes[to]?.durableEntries[new] = id
    }
  }

  /// True if `id` is `directory` or lies above it.
  func contains(_ id: ID, _ directory: ID) -> Bool {
    if id == directory { return true }
    guard let inode = inodes[id] else { return false }
    return inode.entries.values.contains {
      inodes[$0]?.kind == .directory && contains($0, directory)
    }
  }
}

extension Disk.Change {
  func apply(to content: inout [UInt8]) {
    switch self {
    case .write(let offset, let bytes):
      if content.count < offset + bytes.count {
        content += [UInt8](repeating: 0, count: offset + bytes.count - content.count)
      }
      content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    case .truncate(let size):
      if size < content.count {
        content.removeLast(content.count - size)
      } else {
        content += [UInt8](repeating: 0, count: size - content.count)
      }
    }
  }
}

/// An errno value on its way to becoming a `FileFailure`.
struct Errno: Error {
  var code: Int32
  init(_ code: Int32) { self.code = code }
}
