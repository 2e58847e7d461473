internal import CCrypto
internal import Glibc

/// A failure of libcrypto, in its own words.
package struct CryptoFailure: Error, Sendable, Equatable {
  package var reason: String

  package init(_ step: String) {
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
