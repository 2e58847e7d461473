import Testing

@testable import Text

struct JSONTextTests {
  private func written(
    _ layout: JSONText.Layout = .compact, _ body: (inout JSONText) -> Void
  ) -> String {
    var json = JSONText(layout)
    body(&json)
    return json.text
  }

  @Test func `fields stand in the order written`() {
    let text = written { json in
      json.object { json in
        json.field("b", 1)
        json.field("a", "x")
        json.object("o") { _ in }
        json.array("l") { json in
          json.value(true)
          json.value(Int64.min)
          json.object { $0.null("n") }
        }
        json.field("list", ["p", "q"])
        json.field("none", String?.none)
        json.field(ifPresent: "absent", Int?.none)
      }
    }
    let wanted =
      #"{"b":1,"a":"x","o":{},"l":[true,"-9223372036854775808",{"n":null}],"list":["p","q"],"#
      + #""none":null}"#
    #expect(text == wanted)
  }

  @Test func `pretty text is indented by two`() {
    let text = written(.pretty) { json in
      json.object { json in
        json.field("a", 1)
        json.array("b") { $0.value("c") }
        json.array("e") { _ in }
      }
    }
    #expect(text == "{\n  \"a\": 1,\n  \"b\": [\n    \"c\"\n  ],\n  \"e\": []\n}")
  }

  @Test(
    arguments: [
      (9_007_199_254_740_992, "9007199254740992"),
      (9_007_199_254_740_993, "\"9007199254740993\""),
      (-9_007_199_254_740_992, "-9007199254740992"),
      (-9_007_199_254_740_993, "\"-9007199254740993\""), (0, "0"),
      (Int64.max, "\"9223372036854775807\""),
    ] as [(Int64, String)])
  func `integers a double cannot hold are strings`(number: Int64, text: String) {
    #expect(written { $0.value(number) } == text)
  }

  @Test func `unsigned and floating numbers`() {
    #expect(written { $0.value(UInt64.max) } == "\"18446744073709551615\"")
    #expect(written { $0.value(1.5) } == "1.5")
    #expect(written { $0.value(Double.nan) } == "null")
    #expect(written { $0.value(-Double.infinity) } == "null")
  }

  @Test(arguments: [
    ("\"\\/", #""\"\\/""#), ("\n\r\t\u{8}\u{0}", #""\n\r\t\u0008\u0000""#),
    ("\u{7F}\u{9B}", #""\u007f\u009b""#), ("\u{2028}\u{202E}", #""\u2028\u202e""#),
    ("\u{E0041}", #""\udb40\udc41""#), ("日🎉", "\"日🎉\""), ("\u{FFFF}", #""\uffff""#),
  ])
  func `strings are safe and whole`(text: String, encoded: String) {
    #expect(written { $0.value(text) } == encoded)
    #expect(decoded(encoded) == text)
  }

  @Test(arguments: UInt64(1)...80)
  func `a string can be read back exactly`(seed: UInt64) {
    let text = Samples.random(seed)
    let read = decoded(written { $0.value(text) })
    #expect(read.map { Array($0.utf8) } == Array(text.utf8))
  }

  @Test func `embedded JSON keeps its meaning and loses its tricks`() {
    let json = "{\"a\": \"x\u{202E}\u{9B}\\\"\",\n \"b\":1}"
    let text = written { outer in
      outer.object { $0.field("event", json: Array(json.utf8).span) }
    }
    #expect(text == #"{"event":{"a": "x\u202e\u009b\"",  "b":1}}"#)
  }

  @Test func `drained pieces join to the whole`() {
    var json = JSONText(.pretty)
    var pieces: [UInt8] = []
    json.array { json in
      for number in 0..<5 {
        json.value(number)
        pieces += json.drain()
      }
    }
    pieces += json.drain()
    #expect(String(decoding: pieces, as: UTF8.self) == "[\n  0,\n  1,\n  2,\n  3,\n  4\n]")
  }

  /// Reads one JSON string the way RFC 8259 says, and nothing else.
  private func decoded(_ json: String) -> String? {
    var units: [UInt16] = []
    var rest = Array(json.utf16).dropFirst().dropLast()
    while let unit = rest.popFirst() {
      guard unit >= 0x20, unit != 0x22 else { return nil }
      guard unit == 0x5C else {
        units.append(unit)
        continue
      }
      guard let kind = rest.popFirst() else { return nil }
      switch Unicode.Scalar(kind) {
      case "n": units.append(0x0A)
      case "r": units.append(0x0D)
      case "t": units.append(0x09)
      case "u":
        let hex = String(decoding: rest.prefix(4), as: UTF16.self)
        guard let value = UInt16(hex, radix: 16) else { return nil }
        units.append(value)
        rest = rest.dropFirst(4)
      case "\"", "\\", "/": units.append(kind)
      default: return nil
      }
    }
    return String(decoding: units, as: UTF16.self)
  }
}
