import SessionLog
import Testing

@testable import Recorder

/// Secrets in JSON: what comes out is JSON, with everything else byte for byte.
struct JSONRedactionTests {
  private static let token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

  @Test(arguments: [
    (#"{"a":"x \#(token) y","n":1}"#, #"{"a":"x [redacted:github_token] y","n":1}"#),
    // Behind an escape the token stands at a boundary, which the raw bytes do not show.
    (#"{"a":"one\n\#(token)\n"}"#, #"{"a":"one\n[redacted:github_token]\n"}"#),
    (#"["\u0067hp_0123456789abcdefghijklmnopqrstuvwxyz"]"#, #"["[redacted:github_token]"]"#),
    (
      #"{"card":4111111111111111,"id":1234567890123456}"#,
      #"{"card":"[redacted:card]","id":1234567890123456}"#
    ),
    (#"{"\#(token)":true}"#, #"{"[redacted:github_token]":true}"#),
    (#"{"a": "é\\ \" \/ plain", "b":[1.50,null]}"#, #"{"a": "é\\ \" \/ plain", "b":[1.50,null]}"#),
    (
      #"{"k":"-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----\n"}"#,
      #"{"k":"[redacted:private_key]\n"}"#
    ),
    // A sign goes into the string, else it would be no JSON any more.
    (#"{"n":-4111111111111111,"m":[-1e4]}"#, #"{"n":"-[redacted:card]","m":[-1e4]}"#),
    // Half of a surrogate pair is no reason not to read the other escapes.
    (
      #"["\ud800 \u00e9 https:\/\/bob:hunter2@db\/x \ude00\ud83d\ude00"]"#,
      #"["\ud800 \u00e9 https:\/\/bob:[redacted:url_password]@db\/x \ude00\ud83d\ude00"]"#
    ),
    (#"{"a":"\u00"}"#, #"{"a":"\u00"}"#),
    (
      #","a":"\#(token)","b":"cut \#(token)"#,
      #","a":"[redacted:github_token]","b":"cut [redacted:github_token]"#
    ),
  ])
  func `strings and numbers are redacted, nothing else is touched`(text: String, wanted: String)
    throws
  {
    var redaction = JSONRedaction(.builtIn)
    let result = redaction.redact(Array(text.utf8))
    #expect(String(decoding: result, as: UTF8.self) == wanted)
    let isSurrogate = text.contains("ud800") || text.contains("u00\"")
    if text.first == "{" || text.first == "[", !isSurrogate {
      _ = try JSONValue(parsing: result.span)
    }
    let count = wanted.split(separator: "[redacted:").count - 1
    #expect(redaction.takeFindings().reduce(0) { $0 + $1.count } == count)
  }
}
