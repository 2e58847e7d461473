extension FileSystem {
  /// Syncs a directory, so that the names made or changed in it survive a power cut.
  package func syncDirectory(_ path: String) throws(FileFailure) {
    let directory = try File(path, .directory, in: self)
    try directory.sync(dataOnly: false)
  }

  /// Makes `path` and what is missing above it, then syncs every directory that gained an entry.
  ///
  /// Sequence: mkdir for each missing level from the top, then fsync of each parent from the bottom.
  package func makeDirectories(_ path: String, permissions: UInt32) throws(FileFailure) {
    var missing: [String] = []
    var current = path
    while !current.isEmpty, current != "/" {
      do throws(FileFailure) {
        let status = try status(of: current)
        // A link in the middle of a path that a person named is theirs to make.
        guard status.kind == .directory || status.kind == .symbolicLink else {
          throw FileFailure("make directory", path: current, code: FileFailure.notDirectory)
        }
        break
      } catch {
        guard error.isMissing else { throw error }
      }
      missing.append(current)
      current = Path.parent(of: current)
    }
    for directory in missing.reversed() {
      do { try makeDirectory(directory, permissions: permissions) } catch {
        // Another process may have made it meanwhile; its own sync is not ours to rely on.
        guard error.alreadyExists else { throw error }
      }
    }
    for directory in missing { try syncDirectory(Path.parent(of: directory)) }
  }

  /// Replaces `path` by `bytes`, all or nothing, also through a power cut.
  ///
  /// Sequence: create `path.tmp`, write, fsync, rename over `path`, fsync the directory.
  /// After a failure `path` holds the old or the new bytes, never a mixture.
  package func replaceDurably(_ path: String, with bytes: [UInt8], permissions: UInt32)
    throws(FileFailure)
  {
    let temporary = path + ".tmp"
    do { try remove(temporary) } catch {
      guard error.isMissing else { throw error }
    }
    let file = try File(temporary, .createNew(permissions), in: self)
    try file.write(bytes.span, at: 0)
    try file.sync(dataOnly: false)
    try file.close()
    try rename(temporary, to: path)
    try syncDirectory(Path.parent(of: path))
  }

  /// Reads a whole file of at most `limit` bytes that must be a regular file; throws EMLINK-like codes otherwise.
  package func readSmallFile(_ path: String, limit: Int, named: Bool = false)
    throws(FileFailure) -> [UInt8]
  {
    let file = try File(path, named ? .readNamed : .read, in: self)
    let status = try file.status()
    guard status.kind == .regular else {
      throw FileFailure("read", path: path, code: FileFailure.isLink)
    }
    guard status.size <= UInt64(limit) else {
      throw FileFailure("read", path: path, code: FileFailure.invalid)
    }
    return try file.read(limit, at: 0)
  }
}

/// Path text: joins and splits by `/`, touches no disk.
package enum Path {
  package static func join(_ parts: String...) -> String {
    var result = ""
    for part in parts where !part.isEmpty {
      if result.isEmpty {
        result = part
      } else {
        if !result.hasSuffix("/") { result += "/" }
        result += part
      }
    }
    return result
  }

  /// The path without its last component; "." for a bare name.
  package static func parent(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "." }
    let parent = trimmed[..<slash]
    return parent.isEmpty ? "/" : String(parent)
  }

  /// The last component.
  package static func name(of path: String) -> String {
    var trimmed = Substring(path)
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return String(trimmed) }
    return String(trimmed[trimmed.index(after: slash)...])
  }
}
