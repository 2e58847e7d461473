internal import CCrypto

/// A running SHA-256, reused from message to message.
///
/// libcrypto's low-level calls: on lines of a few hundred bytes they cost a third less than the same through EVP.
/// Not `mutating`, because the state lives behind a pointer; it is not Sendable, so one thread has it.
@safe package struct SHA256: ~Copyable {
  private let state: UnsafeMutablePointer<SHA256_CTX>

  package init() throws(CryptoFailure) {
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: SHA256_CTX())
    guard unsafe SHA256_Init(state) == 1 else {
      unsafe state.deallocate()
      throw CryptoFailure("SHA-256 is not available")
    }
  }

  deinit { unsafe state.deallocate() }

  package func update(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      // The low-level calls have no way to fail once the state is set up.
      unsafe _ = SHA256_Update(state, buffer.baseAddress, buffer.count)
    }
  }

  package func update(_ bytes: [UInt8]) { update(bytes.span) }

  package func update(_ byte: UInt8) {
    var byte = byte
    unsafe _ = SHA256_Update(state, &byte, 1)
  }

  package func update(_ digest: Digest) {
    unsafe digest.withPointer { pointer in unsafe _ = SHA256_Update(state, pointer, 32) }
  }

  /// The digest of what was added so far; more can be added afterwards.
  package func peek() -> Digest {
    var copy = unsafe state.pointee
    return unsafe Digest { pointer in unsafe _ = SHA256_Final(pointer, &copy) }
  }

  /// Forgets what was added and goes on from where `other` stands.
  package func resume(from other: borrowing SHA256) { unsafe state.pointee = other.state.pointee }

  /// The digest of what was added, after which a new message begins.
  package func finish() -> Digest {
    let digest = unsafe Digest { pointer in unsafe _ = SHA256_Final(pointer, state) }
    unsafe _ = SHA256_Init(state)
    return digest
  }

  /// The digest of one message.
  package static func hash(_ bytes: Span<UInt8>) throws(CryptoFailure) -> Digest {
    let hash = try SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  package static func hash(_ bytes: [UInt8]) throws(CryptoFailure) -> Digest {
    try hash(bytes.span)
  }
}

/// What a Merkle tree hashes by the million, each without a running state and without a copy of its input.
extension SHA256 {
  /// H(00 || the first 16 bytes of `salt` || line).
  package static func saltedLeaf(_ salt: Digest, _ line: Span<UInt8>) -> Digest {
    var state = SHA256_CTX()
    unsafe _ = SHA256_Init(&state)
    // The last 17 of these bytes are 00 || salt.
    var prefix = (UInt64(0), salt.words.0.bigEndian, salt.words.1.bigEndian)
    unsafe withUnsafeBytes(of: &prefix) { raw in
      unsafe _ = SHA256_Update(&state, raw.baseAddress?.advanced(by: 7), 17)
    }
    unsafe line.withUnsafeBufferPointer { buffer in
      unsafe _ = SHA256_Update(&state, buffer.baseAddress, buffer.count)
    }
    return unsafe Digest { pointer in unsafe _ = SHA256_Final(pointer, &state) }
  }

  /// H(01 || left || right): 65 bytes, which are two blocks with their padding.
  package static func node(_ left: Digest, _ right: Digest) -> Digest {
    let (a, b) = (left.words, right.words)
    let message = Block(
      1 << 56 | a.0 >> 8, a.0 << 56 | a.1 >> 8, a.1 << 56 | a.2 >> 8, a.2 << 56 | a.3 >> 8,
      a.3 << 56 | b.0 >> 8, b.0 << 56 | b.1 >> 8, b.1 << 56 | b.2 >> 8, b.2 << 56 | b.3 >> 8)
    let rest = Block(b.3 << 56 | 0x80 << 48, 0, 0, 0, 0, 0, 0, 65 * 8)
    var state = SHA256_CTX()
    unsafe _ = SHA256_Init(&state)
    unsafe message.add(to: &state)
    unsafe rest.add(to: &state)
    return Digest(state)
  }

  /// One block of 64 bytes, as big-endian words.
  struct Block {
    private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    init(
      _ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64, _ f: UInt64, _ g: UInt64,
      _ h: UInt64
    ) {
      words = (
        a.bigEndian, b.bigEndian, c.bigEndian, d.bigEndian, e.bigEndian, f.bigEndian, g.bigEndian,
        h.bigEndian
      )
    }

    /// A message of at most 55 bytes with its padding; nil for a longer one.
    init?(message: [UInt8]) {
      guard message.count <= 55 else { return nil }
      var bytes = message + [0x80]
      bytes += [UInt8](repeating: 0, count: 56 - bytes.count)
      func word(_ index: Int) -> UInt64 {
        bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
      }
      self.init(
        word(0), word(1), word(2), word(3), word(4), word(5), word(6), UInt64(message.count) * 8)
    }

    /// Puts a big-endian number at a byte offset.
    mutating func put(_ number: UInt64, at offset: Int) {
      unsafe withUnsafeMutableBytes(of: &words) { raw in
        guard offset >= 0, offset + 8 <= raw.count else { return }
        unsafe raw.storeBytes(of: number.bigEndian, toByteOffset: offset, as: UInt64.self)
      }
    }

    @unsafe func add(to state: inout SHA256_CTX) {
      var words = words
      unsafe withUnsafeBytes(of: &words) { raw in
        unsafe SHA256_Transform(&state, raw.bindMemory(to: UInt8.self).baseAddress)
      }
    }
  }
}

/// The digest of one short message of which a number at its end changes from one to the next: one block each.
package struct NumberedDigest: Sendable {
  private let block: SHA256.Block
  private let offset: Int

  /// Of the number alone.
  package static let bare = NumberedDigest(
    block: .init(0, 0x80 << 56, 0, 0, 0, 0, 0, 64), offset: 0)

  private init(block: SHA256.Block, offset: Int) { (self.block, self.offset) = (block, offset) }

  /// `prefix` and the eight bytes of the number make a message of at most 55 bytes; nil for a longer one.
  package init?(prefix: [UInt8]) {
    guard let block = SHA256.Block(message: prefix + [UInt8](repeating: 0, count: 8)) else {
      return nil
    }
    self.block = block
    offset = prefix.count
  }

  /// H(prefix || number as eight big-endian bytes).
  package func digest(of number: UInt64) -> Digest {
    var block = block
    block.put(number, at: offset)
    var state = SHA256_CTX()
    unsafe _ = SHA256_Init(&state)
    unsafe block.add(to: &state)
    return Digest(state)
  }
}

extension Digest {
  /// The value that a state has come to after its last, padded block.
  fileprivate init(_ state: SHA256_CTX) {
    func word(_ high: UInt32, _ low: UInt32) -> UInt64 { UInt64(high) << 32 | UInt64(low) }
    let h = state.h
    self.init(words: (word(h.0, h.1), word(h.2, h.3), word(h.4, h.5), word(h.6, h.7)))
  }
}
