package import Evidence
package import Platform

/// What must never lie inside the store: the log's key, the last checkpoint signed with it (the
/// guard), and the secret that keys digests of content.
///
/// Format: schema/session-format.md §2.
package struct StateDirectory: Sendable {
  package let path: String
  let system: any FileSystem

  package init(_ path: String, in system: any FileSystem) {
    self.path = path
    self.system = system
  }

  /// The directory for `store`: `override`, else below the home of the store directory's owner.
  package init(for store: Store, override: String?) throws(SessionLogFailure) {
    if let override {
      self.init(override, in: store.system)
    } else {
      self.init(
        try Self.defaultPath(origin: store.origin, storePath: store.path, in: store.system),
        in: store.system)
    }
  }

  /// `<home of the owner of storePath>/.local/state/blackbox/<hex of the first 16 bytes of H(origin)>`.
  package static func defaultPath(origin: String, storePath: String, in system: any FileSystem)
    throws(SessionLogFailure) -> String
  {
    let owner = try onDisk { () throws(FileFailure) in try system.status(of: storePath).owner }
    guard let home = homeDirectory(ofUser: owner) else {
      throw SessionLogFailure(
        .storeUnusable, "the store's owner has no home directory", at: storePath,
        found: "uid \(owner)", wanted: "a home for the key and the guard",
        advice: "Name a directory with --state or $BLACKBOX_STATE.")
    }
    let digest: Digest
    do { digest = try SHA256.hash(Array(origin.utf8)) } catch { throw SessionLogFailure(error) }
    return Path.join(home, ".local/state/blackbox", String(digest.hex.prefix(32)))
  }

  package var guardPath: String { Path.join(path, "guard") }
  package var keyPath: String { Path.join(path, "log.key") }
  package var contentKeyPath: String { Path.join(path, "content.key") }
  package var homePath: String { Path.join(path, "store") }

  /// Reads the signing key.
  ///
  /// It is never made anew.
  package func signer(for store: Store) throws(SessionLogFailure) -> NoteSigner {
    var text = String(decoding: try required(keyPath), as: UTF8.self)
    if text.hasSuffix("\n") { text.removeLast() }
    let signer: NoteSigner
    do { signer = try NoteSigner(keyFile: text) } catch {
      throw unusable(keyPath, found: error.found, wanted: error.wanted)
    }
    let key: VerifierKey
    do { key = try signer.verifierKey } catch {
      throw unusable(keyPath, found: error.found, wanted: error.wanted)
    }
    guard key == store.verifierKey else {
      throw unusable(keyPath, found: "the key \(key)", wanted: "that of \(store.verifierKey)")
    }
    return signer
  }

  /// The secret that keys digests of content, made here where the store is older than it.
  ///
  /// For recorders alone: whoever only reads has no use for it. Digests made with one key are comparable over all
  /// sessions of the store. Format: schema/session-format.md §3.
  package func contentKey(for store: Store) throws(SessionLogFailure) -> DigestKey {
    if let key = try storedContentKey() { return key }
    // Under the log's lock, so that two recorders that start at once come to one key.
    let lock = try onDisk { () throws(FileFailure) in
      try File(store.lockPath, .createOrOpen(0o600), in: system)
    }
    _ = try onDisk { () throws(FileFailure) in try lock.lock(wait: true) }
    if let key = try storedContentKey() { return key }
    let file = try Self.newContentKeyFile()
    try onDisk { () throws(FileFailure) in
      try system.replaceDurably(contentKeyPath, with: file, permissions: 0o600)
    }
    guard let key = try storedContentKey() else {
      throw unusable(contentKeyPath, found: "nothing", wanted: "the key just written")
    }
    return key
  }

  /// A new content key's file: 64 hexadecimal digits and LF.
  static func newContentKeyFile() throws(SessionLogFailure) -> [UInt8] {
    let secret = try crypto { () throws(CryptoFailure) in try randomBytes(32) }
    return Array((Hex.encode(secret) + "\n").utf8)
  }

  private func storedContentKey() throws(SessionLogFailure) -> DigestKey? {
    let bytes: [UInt8]
    do { bytes = try system.readSmallFile(contentKeyPath, limit: Limits.smallFile) } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      return nil
    }
    guard bytes.count == 65, bytes.last == 0x0A,
      let secret = Hex.decode(String(decoding: bytes.dropLast(), as: UTF8.self))
    else {
      throw unusable(
        contentKeyPath, found: "\(bytes.count) bytes", wanted: "64 hexadecimal digits and LF")
    }
    return DigestKey(secret)
  }

  /// Reads the guard and checks its signature.
  package func guardCheckpoint(key: VerifierKey) throws(SessionLogFailure) -> (Checkpoint, [UInt8])
  {
    let bytes = try required(guardPath)
    do { return (try Checkpoint(Note(parsing: bytes), signedBy: key), bytes) } catch {
      throw unusable(guardPath, found: error.found, wanted: error.wanted)
    }
  }

  /// True if this state is that of `store` itself; false if `store` is a copy of the one that it belongs to.
  ///
  /// Signing for a copy would move the guard beyond the original's log, which would then look rolled back. So whoever
  /// only reads asks first. A state directory that does not say belongs to the store it is named with.
  func belongs(to store: Store) throws(SessionLogFailure) -> Bool {
    do throws(FileFailure) {
      return try system.readSmallFile(homePath, limit: Limits.smallFile) == Self.home(store)
    } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      return true
    }
  }

  /// Makes this the state of `store`: for commands that record, whose log goes on where they record.
  func claim(_ store: Store) throws(SessionLogFailure) {
    var isMissing = false
    try onDisk { () throws(FileFailure) in
      let home = try Self.home(store)
      do throws(FileFailure) {
        if try system.readSmallFile(homePath, limit: Limits.smallFile) == home { return }
      } catch {
        guard error.isMissing else { throw error }
      }
      do throws(FileFailure) {
        try system.replaceDurably(homePath, with: home, permissions: 0o600)
      } catch {
        guard error.isMissing else { throw error }
        isMissing = true
      }
    }
    if isMissing { throw unusable(path, found: "nothing", wanted: "the directory made by init") }
  }

  /// Device and inode of a store's directory: they stay when it is renamed, and a copy has others.
  private static func home(_ store: Store) throws(FileFailure) -> [UInt8] {
    let status = try store.system.status(of: store.path)
    return Array("\(status.device) \(status.inode)\n".utf8)
  }

  private func required(_ place: String) throws(SessionLogFailure) -> [UInt8] {
    do { return try system.readSmallFile(place, limit: Limits.smallFile) } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      throw unusable(place, found: "nothing", wanted: "the \(Path.name(of: place)) made by init")
    }
  }

  private func unusable(_ place: String, found: String, wanted: String) -> SessionLogFailure {
    SessionLogFailure(
      .storeUnusable, "the store's state cannot be used", at: place, found: found, wanted: wanted,
      advice: "Restore the state directory from its backup, or name it with --state. "
        + "It is never made anew: that would start a second history.")
  }
}
