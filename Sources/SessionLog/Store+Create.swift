internal import Evidence
package import Platform

extension Store {
  /// Makes a store, its key and its guard; the only place that ever does.
  ///
  /// Refuses where the store or the state directory exists already. Order: state directory with key and guard,
  /// then the store's directories, the empty log with its first checkpoint, and `blackbox.json` last, so that a
  /// half-made store is not taken for one.
  package static func create(
    at path: String, origin: String, state override: String?, group: String? = nil,
    allowsUnrecordedReading: Bool = false, clock: any Clock,
    in system: any FileSystem = SystemFiles.shared
  ) throws(SessionLogFailure) -> (Store, StateDirectory) {
    if let fault = KeyName.fault(origin) {
      throw SessionLogFailure(
        .refused, "not a name for a log", at: origin, found: fault,
        wanted: "a name like audit.example.com/store1", advice: "Choose another with --origin.")
    }
    try refuseExisting(Path.join(path, "blackbox.json"), "a store exists there already", in: system)
    for part in ["log", "sessions", "live"] {
      try refuseExisting(
        Path.join(path, part), "parts of a store exist there already", in: system)
    }
    let directories: UInt32 = group == nil ? 0o700 : 0o2750
    let files: UInt32 = group == nil ? 0o600 : 0o640
    try onDisk { () throws(FileFailure) in
      try system.makeDirectories(path, permissions: 0o700)
    }
    if let group { try give(path, to: group) }
    let statePath: String
    if let override {
      statePath = override
    } else {
      statePath = try StateDirectory.defaultPath(origin: origin, storePath: path, in: system)
    }
    try refuseExisting(statePath, "a state directory for \(origin) exists already", in: system)
    let state = StateDirectory(statePath, in: system)

    let keyFile: String
    let firstNote: [UInt8]
    let verifierKey: VerifierKey
    do throws(EvidenceFailure) {
      let (seed, key) = try newKey(for: origin)
      let signer = try NoteSigner(name: origin, seed: seed)
      verifierKey = key
      keyFile = try NoteSigner.keyFile(name: origin, seed: seed)
      let checkpoint = Checkpoint(origin: origin, size: 0, root: TreeHasher.emptyRoot)
      firstNote = Array(try Note.signed(text: checkpoint.format(), by: signer).format().utf8)
    } catch {
      throw SessionLogFailure(
        .system, "cannot make the log's key", found: error.found, wanted: error.wanted,
        advice: "Check that libcrypto is installed whole.")
    }
    let contentKey = try StateDirectory.newContentKeyFile()
    let created = WallTime.format(clock.wall())
    var description = "{\"format\":\(Store.format),\"origin\":"
    var text: [UInt8] = []
    JSONLine.string(origin, into: &text)
    description += String(decoding: text, as: UTF8.self)
    description += ",\"created\":\"\(created)\",\"vkey\":\"\(verifierKey)\""
    if let group {
      var name: [UInt8] = []
      JSONLine.string(group, into: &name)
      description += ",\"group\":" + String(decoding: name, as: UTF8.self)
    }
    if allowsUnrecordedReading { description += ",\"allow_no_audit\":true" }
    description += "}\n"

    try onDisk { () throws(FileFailure) in
      try system.makeDirectories(statePath, permissions: 0o700)
      try system.replaceDurably(state.keyPath, with: Array(keyFile.utf8), permissions: 0o600)
      try system.replaceDurably(
        state.contentKeyPath, with: contentKey, permissions: 0o600)
      try system.replaceDurably(state.guardPath, with: firstNote, permissions: 0o600)
      for part in ["log", "sessions", "live", "quarantine"] {
        try system.makeDirectory(Path.join(path, part), permissions: directories)
      }
      let entries = try File(Path.join(path, "log/entries"), .createNew(files), in: system)
      try entries.sync(dataOnly: false)
      try system.replaceDurably(
        Path.join(path, "log/checkpoint"), with: firstNote, permissions: files)
      try Reserve.fill(Path.join(path, "reserve"), in: system)
      // All names before the one that makes it a store.
      try system.syncDirectory(path)
      try system.replaceDurably(
        Path.join(path, "blackbox.json"), with: Array(description.utf8), permissions: files)
      try system.syncDirectory(path)
    }
    var store = Store(
      path: path, origin: origin, created: created, verifierKey: verifierKey, system: system)
    store.group = group
    store.allowsUnrecordedReading = allowsUnrecordedReading
    try state.claim(store)
    return (store, state)
  }

  /// A key whose public text has no `+` but the two that separate its fields.
  ///
  /// The note format allows more of them, but verifiers of a few lines split there.
  private static func newKey(for origin: String) throws(EvidenceFailure) -> ([UInt8], VerifierKey) {
    while true {
      let seed: [UInt8]
      do { seed = try randomBytes(32) } catch { throw EvidenceFailure(error) }
      let key = try NoteSigner(name: origin, seed: seed).verifierKey
      if key.description.utf8.count(where: { $0 == 0x2B }) == 2 { return (seed, key) }
    }
  }

  /// Lets a group's members in; all that is made below inherits the group.
  private static func give(_ path: String, to group: String) throws(SessionLogFailure) {
    try onDisk { () throws(FileFailure) in
      try giveDirectory(path, toGroup: group, permissions: 0o2750)
    }
  }

  private static func refuseExisting(
    _ place: String, _ what: String, in system: any FileSystem
  ) throws(SessionLogFailure) {
    do { _ = try system.status(of: place) } catch {
      guard error.isMissing else { throw SessionLogFailure(error) }
      return
    }
    throw SessionLogFailure(
      .refused, what, at: place, found: "something", wanted: "nothing",
      advice: "Use another directory, or another --origin or --state; nothing was changed.")
  }
}

/// A file that keeps room on the disk, so that a session can be closed and the log signed when the disk is full.
enum Reserve {
  static let bytes = 1 << 20

  /// Makes the reserve whole if it is not; real bytes, because a hole keeps no room.
  static func fill(_ path: String, in system: any FileSystem) throws(FileFailure) {
    do {
      guard try system.status(of: path).size < UInt64(bytes) else { return }
    } catch {
      guard error.isMissing else { throw error }
    }
    let file = try File(path, .createOrOpen(0o600), in: system)
    try file.write([UInt8](repeating: 0x20, count: bytes).span, at: 0)
    try file.sync(dataOnly: false)
  }

  /// Gives the room back; false if there was none to give.
  static func release(_ path: String, in system: any FileSystem) -> Bool {
    do {
      try system.remove(path)
      return true
    } catch {
      return false
    }
  }
}

extension EvidenceFailure {
  init(_ failure: CryptoFailure) {
    self.init("libcrypto", found: failure.reason, wanted: "success")
  }
}
