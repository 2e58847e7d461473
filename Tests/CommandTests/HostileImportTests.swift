import Foundation
import Testing

/// What recordings of others hold, and what they are called, acts on nobody who imports or exports.
struct HostileImportTests {
  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `import and export hand on nothing that acts`() throws {
    let fixture = try HostileFixture(sessions: false)
    defer { fixture.place.remove() }
    var said = 0
    var exported = 0
    let sequences = HostileSequences.all
    // Several sequences a file: a run of the program for each would take minutes.
    for start in stride(from: 0, to: sequences.count, by: 12) {
      let part = sequences[start..<min(start + 12, sequences.count)]
      let name = "./" + Self.fileName(part.first.map(\.name) ?? "", part.flatMap(\.bytes))
      for (suffix, bytes) in Self.sources(Array(part)) {
        let path = name + suffix
        guard
          FileManager.default.createFile(
            atPath: fixture.place.path(path), contents: Data(bytes))
        else { continue }
        var arguments = ["import", path, "--agent", "a/b"]
        let result = try fixture.run(arguments)
        said += result.output.count + result.errors.count
        fixture.check(result, arguments, .plain)
        arguments += ["--strict"]
        let strict = try fixture.run(arguments)
        said += strict.errors.count
        fixture.check(strict, arguments, .plain)
        try? FileManager.default.removeItem(atPath: fixture.place.path(path))
        guard result.status == 0,
          let id = String(decoding: result.output, as: UTF8.self).split(separator: " ").first
        else { continue }
        exported += 1
        for look in [["show", String(id)], ["sessions", "-o", "wide"]] {
          fixture.check(try fixture.run(look), look, .plain)
        }
        for format in ["cast", "cast2", "typescript", "ttyrec"] {
          let export = ["export", String(id), "--format", format, "--out", path + "." + format]
          let result = try fixture.run(export)
          said += result.errors.count
          fixture.check(result, export, .plain)
        }
      }
    }
    #expect(exported > 9, "next to nothing was imported")
    #expect(said > 4000, "import and export said next to nothing")
  }

  /// A name with the bytes a file's name may have.
  private static func fileName(_ label: String, _ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes.filter { $0 != 0 && $0 != 0x2F }, as: UTF8.self)
    return "n" + String(text.unicodeScalars.prefix(40).map(Character.init))
  }

  /// Recordings with the sequences where text can stand, whole and damaged.
  private static func sources(_ part: [(name: String, bytes: [UInt8])]) -> [(String, [UInt8])] {
    let texts = part.map { String(decoding: $0.bytes, as: UTF8.self) }
    let first = texts.first ?? ""
    func json(_ value: Any) -> String {
      let data = try? JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed)
      return String(decoding: data ?? Data(), as: UTF8.self)
    }
    var cast =
      json(
        [
          "version": 2, "width": 80, "height": 24, "title": first, "command": first,
          "env": ["TERM": first, first: first],
        ] as [String: Any]) + "\n"
    var transcript = ""
    var raw: [UInt8] = []
    for (number, text) in texts.enumerated() {
      cast += "[\(number), \"o\", \(json(text))]\n[\(number), \"m\", \(json(text))]\n"
      cast += "[\(number), \"r\", \(json(text))]\n[\(number), \"x\", \(json(text))]\n"
      cast += "[\(number), \(json(text)), \(json(text))]\n"
      transcript +=
        json(
          [
            "type": text, "uuid": text, "timestamp": text,
            "message": [
              "role": text, "model": text,
              "content": [
                ["type": "text", "text": text],
                ["type": "tool_use", "id": text, "name": text, "input": ["command": text]],
                ["type": "tool_use", "id": text, "name": "Bash", "input": ["command": text]],
                ["type": "tool_use", "id": text, "name": "mcp__\(text)__x", "input": [text: text]],
                ["type": "tool_result", "tool_use_id": text, "is_error": true, "content": text],
                ["type": text],
              ],
            ],
          ] as [String: Any]) + "\n"
      raw += part[number].bytes + [0x0A]
    }
    let header = Array(#"{"version": 2, "width": 80, "height": 24}"#.utf8) + [0x0A]
    return [
      (".cast", Array(cast.utf8)), (".jsonl", Array(transcript.utf8)),
      // Lines that are no events, and a file that is nothing at all.
      (".damaged", header + raw), (".none", raw),
    ]
  }
}
