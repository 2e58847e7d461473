internal import CCrypto
internal import Glibc

/// A failure of libcrypto, in its own words.
package struct CryptoFailure: Error, Sendable, Equatable {
  package var reason: String

  init(_ step: String) {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0 else {
      reason = step
      return
    }
    var text = [CChar](repeating: 0, count: 256)
    unsafe ERR_error_string_n(code, &text, text.count)
    reason =
      step + ": "
      + String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

/// Version of the linked libcrypto, like "OpenSSL 3.0.22 …".
package var cryptoVersion: String { unsafe String(cString: OpenSSL_version(OPENSSL_VERSION)) }

/// The digest and key algorithms, fetched once: a fetch for each message costs more than the hash.
@safe private struct Algorithms: @unchecked Sendable {
  // Sendable, because (1) EVP_MD is immutable after the fetch, and (2) it is never freed.
  let sha256: OpaquePointer?
  static let shared = Algorithms()
  private init() { unsafe sha256 = EVP_MD_fetch(nil, "SHA256", nil) }
}

/// A running SHA-256, reused from message to message.
///
/// Not `mutating`, because the state lives behind libcrypto's handle; it is not Sendable, so one thread has it.
@safe package struct SHA256: ~Copyable {
  private let context: OpaquePointer
  private let scratch: OpaquePointer

  package init() throws(CryptoFailure) {
    let contexts = unsafe try Self.make()
    unsafe context = contexts.0
    unsafe scratch = contexts.1
  }

  private static func make() throws(CryptoFailure) -> (OpaquePointer, OpaquePointer) {
    guard let context = unsafe EVP_MD_CTX_new() else { throw CryptoFailure("out of memory") }
    guard let scratch = unsafe EVP_MD_CTX_new() else {
      unsafe EVP_MD_CTX_free(context)
      throw CryptoFailure("out of memory")
    }
    guard unsafe EVP_DigestInit_ex2(context, Algorithms.shared.sha256, nil) == 1 else {
      unsafe EVP_MD_CTX_free(context)
      unsafe EVP_MD_CTX_free(scratch)
      throw CryptoFailure("SHA-256 is not available")
    }
    return unsafe (context, scratch)
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
    unsafe EVP_MD_CTX_free(scratch)
  }

  package func update(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      // Fails only for a context that was never set up, which init rules out.
      unsafe _ = EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
    }
  }

  package func update(_ bytes: [UInt8]) { update(bytes.span) }

  package func update(_ byte: UInt8) {
    var byte = byte
    unsafe _ = EVP_DigestUpdate(context, &byte, 1)
  }

  package func update(_ digest: Digest) {
    unsafe digest.withPointer { pointer in
      unsafe _ = EVP_DigestUpdate(context, pointer, 32)
    }
  }

  /// The digest of what was added so far; more can be added afterwards.
  package func peek() -> Digest {
    unsafe _ = EVP_MD_CTX_copy_ex(scratch, context)
    return unsafe Digest { pointer in
      unsafe _ = EVP_DigestFinal_ex(scratch, pointer, nil)
    }
  }

  /// Forgets what was added and goes on from where `other` stands.
  package func resume(from other: borrowing SHA256) {
    unsafe _ = EVP_MD_CTX_copy_ex(context, other.context)
  }

  /// The digest of what was added, after which a new message begins.
  package func finish() -> Digest {
    let digest = unsafe Digest { pointer in
      unsafe _ = EVP_DigestFinal_ex(context, pointer, nil)
    }
    unsafe _ = EVP_DigestInit_ex2(context, nil, nil)
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

/// A secret that keys digests, so that nobody without it can test a guess of what was digested.
///
/// Source: RFC 2104, with SHA-256.
package struct DigestKey: Sendable {
  private let secret: [UInt8]

  package init(_ secret: [UInt8]) { self.secret = secret }

  /// HMAC-SHA256 of one message.
  package func digest(of message: Span<UInt8>) throws(CryptoFailure) -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = 0
    let made = unsafe message.withUnsafeBufferPointer { buffer in
      unsafe EVP_Q_mac(
        nil, "HMAC", nil, "SHA256", nil, secret, secret.count, buffer.baseAddress, buffer.count,
        &bytes, bytes.count, &count) != nil
    }
    guard made, count == 32, let digest = Digest(bytes) else {
      throw CryptoFailure("HMAC-SHA256 is not available")
    }
    return digest
  }

  package func digest(of message: [UInt8]) throws(CryptoFailure) -> Digest {
    try digest(of: message.span)
  }
}

/// An Ed25519 key that signs.
///
/// Source: RFC 8032.
@safe package struct SigningKey: ~Copyable {
  private let key: OpaquePointer
  package let publicKey: [UInt8]

  /// Makes the key of a 32-byte seed.
  package init(seed: [UInt8]) throws(CryptoFailure) {
    let pair = unsafe try Self.make(seed)
    unsafe key = pair.0
    publicKey = unsafe pair.1
  }

  private static func make(_ seed: [UInt8]) throws(CryptoFailure) -> (OpaquePointer, [UInt8]) {
    guard seed.count == 32,
      let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
    else { throw CryptoFailure("not a 32-byte Ed25519 seed") }
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = 32
    guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == 32 else {
      unsafe EVP_PKEY_free(key)
      throw CryptoFailure("cannot derive the public key")
    }
    return unsafe (key, bytes)
  }

  deinit { unsafe EVP_PKEY_free(key) }

  /// Signs a message; 64 bytes.
  package func sign(_ message: [UInt8]) throws(CryptoFailure) -> [UInt8] {
    guard let context = unsafe EVP_MD_CTX_new() else { throw CryptoFailure("out of memory") }
    defer { unsafe EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: 64)
    var count = 64
    guard unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
      unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
    else { throw CryptoFailure("cannot sign") }
    return signature
  }
}

/// Ed25519 verification.
package enum Ed25519 {
  /// True if `signature` is the signature of `message` by the 32-byte `publicKey`.
  ///
  /// Malformed keys and signatures, keys of small order included, are false.
  package static func verify(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8])
    -> Bool
  {
    guard publicKey.count == 32, signature.count == 64, !isSmallOrder(publicKey),
      let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, 32)
    else {
      ERR_clear_error()
      return false
    }
    defer { unsafe EVP_PKEY_free(key) }
    guard let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    let valid =
      unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
      && EVP_DigestVerify(context, signature, 64, message, message.count) == 1
    ERR_clear_error()
    return valid
  }

  /// Keys of small order sign anything (canonical and non-canonical encodings of the eight points).
  private static func isSmallOrder(_ key: [UInt8]) -> Bool {
    let p: [UInt8] = [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F]
    var masked = key
    masked[31] &= 0x7F
    var one = [UInt8](repeating: 0, count: 32)
    let zero = one
    one[0] = 1
    var minusOne = p
    minusOne[0] = 0xEC
    var pPlusOne = p
    pPlusOne[0] = 0xEE
    return masked == zero || masked == one || masked == minusOne || masked == p
      || masked == pPlusOne || smallOrderEight.contains(Hex.encode(masked))
  }

  /// The y coordinates of the points of order 8.
  ///
  /// Source: RFC 7748 §6 discussion of small subgroups.
  private static let smallOrderEight: Set<String> = [
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  ]
}

/// Bytes from the system's cryptographic generator.
package func randomBytes(_ count: Int) throws(CryptoFailure) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: count)
  guard unsafe RAND_bytes(&bytes, Int32(clamping: count)) == 1 else {
    throw CryptoFailure("no random bytes")
  }
  return bytes
}
