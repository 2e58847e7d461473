import Evidence
import Platform
import TestSupport
import Testing

/// A log of three leaves whose checkpoint and proof another implementation made from the format's
/// text alone (fixed key, fixed salt, fixed times).
@Suite struct `Another implementation's vector` {
  static let vkey =
    "audit.example.com/store1+89627210+AUH0CPzCRhZRQT9gvNybS5vVjKlPCb8F8gIGOkdpXiXg"
  static let checkpoint = """
    audit.example.com/store1
    3
    EkztUPa7+9Dag1sIxOhuAAqx1BQPLZcu8a+4AFS+0MI=

    — audit.example.com/store1 \
    iWJyEEKteX+zb3nwomBDCKp5qqrlOLeXNV0D6xxPeI0zlfEhdp4H9E+orZcjPM/3O4Q1WyP0Kjj1/MJ4KvCuy/v69AA=

    """
  static let proof = """
    c2sp.org/tlog-proof@v1
    extra YmxhY2tib3gvbGVhZi92MQpjbG9zZQpzZXNzaW9uIDAxSkdGSkpaMDBNM1pROFEyVjVUNFc2WDdZCmxpbmVz\
    IDUKcm9vdCA1V0V5U1JvM29FTk83QnR3aHlGb1VwL09nb05HejV0RFZxTHhua3J4NU84PQpieXRlcyA5NzcKc2hhMjU2\
    IDM1OTQ4ODY0MGM2ZTQ0NjU5ZGQ2NjRmZTFhYzE0NmFhOTg0YjM1YTdmZDMyMjg4ODFjZTBhYWNiYTA5NWNhYTMKdGlt\
    ZSAyMDI2LTAxLTAxVDAwOjAwOjAyLjAxMloK
    index 2
    7NuBySUuviw7AdYPedUGGrfJo4ySGLozWbaEzoAGWLc=


    """ + checkpoint

  @Test func `the seed gives the key, the key verifies the checkpoint, signing repeats it`() throws
  {
    let seed = try SHA256.hash(Array("blackbox test key, do not use".utf8)).bytes
    let signer = try NoteSigner(name: "audit.example.com/store1", seed: seed)
    #expect(try signer.verifierKey.description == Self.vkey)
    let note = try parse(Self.checkpoint)
    let checkpoint = try Checkpoint(note, signedBy: try VerifierKey(parsing: Self.vkey))
    #expect(checkpoint.size == 3)
    let again = try Note.signed(text: checkpoint.format(), by: signer)
    #expect(again.format() == Self.checkpoint)
  }

  @Test func `the proof is read, verifies, and is written back byte for byte`() throws {
    var hasher = try TreeHasher()
    let proof = try ProofFile(parsing: Array(Self.proof.utf8))
    #expect(proof.format() == Self.proof)
    let leaf = try #require(proof.extra)
    #expect(leaf.starts(with: "blackbox/leaf/v1\nclose\n".utf8))
    let checkpoint = try proof.verify(
      leaf: hasher.leaf(leaf), signedBy: try VerifierKey(parsing: Self.vkey), using: &hasher)
    #expect(checkpoint.origin == "audit.example.com/store1")
  }
}
