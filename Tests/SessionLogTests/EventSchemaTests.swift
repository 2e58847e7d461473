import Platform
import SessionLog
import TestSupport
import Testing

/// The page, the schema and the code name the same types and fields.
@Suite struct `Event schema` {
  typealias Rows = [String: [FieldDescription]]

  /// The tables of schema/events.md by heading: field, kind in words, required.
  static func page() throws -> [String: [[String]]] {
    var tables: [String: [[String]]] = [:]
    var heading = ""
    for line in String(decoding: try TestData.read("schema/events.md"), as: UTF8.self)
      .split(separator: "\n")
    {
      if line.hasPrefix("#") {
        heading = line.drop { $0 == "#" || $0 == " " }.filter { $0 != "`" }
        if line.hasPrefix("### ") { tables[heading] = [] }
        if heading == "Fields that every event may carry" { tables[heading] = [] }
      } else if line.hasPrefix("| `") {
        let cells = line.dropFirst(2).split(separator: " | ", omittingEmptySubsequences: false)
        guard cells.count >= 3 else { continue }
        tables[heading]?.append([
          cells[0].filter { $0 != "`" }, String(cells[1]), cells[2].filter { $0 == "R" },
        ])
      }
    }
    return tables
  }

  /// What stands at a path of names.
  static func member(_ value: JSONValue, _ path: [String]) -> JSONValue? {
    var value: JSONValue? = value
    for name in path { value = value?[name] }
    return value
  }

  static func rows(_ fields: [FieldDescription]) -> [[String]] {
    fields.map { [$0.name, $0.kind.description, $0.isRequired ? "R" : ""] }
  }

  @Test func `the page and the code name the same types, objects and fields`() throws {
    var page = try Self.page()
    let shared = page.removeValue(forKey: "Fields that every event may carry")
    #expect(shared == Self.rows(CommonFields.fields))
    for type in EventTypes.all {
      let rows = page.removeValue(forKey: type.typeName)
      #expect(rows == Self.rows(type.fields), "\(type.typeName)")
    }
    for object in EventTypes.objects {
      let rows = page.removeValue(forKey: object.objectName)
      #expect(rows == Self.rows(object.fields), "\(object.objectName)")
    }
    #expect(page.isEmpty, "named on the page alone: \(page.keys.sorted())")
    #expect(EventTypes.all.count >= 80)
  }

  @Test func `the page and the schema name the same types, objects and fields`() throws {
    let schema = try JSONValue(parsing: try TestData.read("schema/events.schema.json"))
    var definitions: [String: JSONValue] = [:]
    for member in schema["$defs"]?.members ?? [] { definitions[member.name] = member.value }
    let helpers = ["integer", "digest", "time", "reference", "strings", "common", "later-part"]
    for helper in helpers {
      let definition = definitions.removeValue(forKey: helper)
      #expect(definition != nil, "\(helper)")
    }
    var chosen: [String] = []
    for rule in schema["allOf"]?.array ?? [] {
      chosen.append(Self.member(rule, ["if", "properties", "type", "const"])?.string ?? "")
    }
    #expect(
      Set(chosen) == Set(EventTypes.all.map { $0.typeName }) && chosen.count == Set(chosen).count)
    var page = try Self.page()
    page["Fields that every event may carry"] = nil
    for (name, rows) in page {
      guard let definition = definitions.removeValue(forKey: name) else {
        Issue.record("\(name) is not in the schema")
        continue
      }
      var required = Self.member(definition, ["required"])?.array
      if let first = definition["anyOf"]?.array?.first {
        required = Self.member(first, ["required"])?.array
      }
      let wanted: [String] = rows.filter { $0[2] == "R" }.map { $0[0] }
      let found: [String] = (required ?? []).compactMap(\.string)
      #expect(found == wanted, "\(name)")
      // `last` means another thing in one type, so every type says which.
      let fields: [String] = rows.map { $0[0] }
      let properties: [String] = (definition["properties"]?.members ?? []).map(\.name)
      #expect(properties.filter { $0 != "last" || fields.contains("last") } == fields, "\(name)")
    }
    #expect(definitions.isEmpty, "in the schema alone: \(definitions.keys.sorted())")
  }

  @Test func `every example is valid by an independent validator, and broken ones are not`()
    throws
  {
    let directory = TemporaryDirectory()
    guard directory.has("python3"),
      directory.shell("python3 -c 'import jsonschema'").status == 0
    else {
      print("skipped: no python3 with jsonschema here")
      return
    }
    var samples = EventSamples(random: SeededGenerator(seed: 44))
    var lines: [UInt8] = []
    var count = 0
    func add(_ verdict: String, _ line: [UInt8]) {
      lines += Array(verdict.utf8) + line + [0x0A]
      count += 1
    }
    let box = try TestStore(on: FaultyFiles())
    add("+", box.start(TestStore.id(1)).line())
    add("-", EventSamples.line("session.start", [.init("format", .integer(1))]))
    for type in `Event types`.types {
      for _ in 0..<8 { add("+", samples.line(type)) }
      guard type.fields.contains(where: \.isRequired) else { continue }
      add("-", EventSamples.line(type.typeName, []))
      add("+", EventSamples.line(type.typeName, [.init("part", .integer(1))]))
    }
    add("+", EventSamples.line("some.other", [.init("status", .string("kept"))]))
    add("-", EventSamples.line("terminal.output", [.init("caused_by", .integer(-1))]))
    let script = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      validator = jsonschema.Draft202012Validator(schema)
      checked = 0
      for line in open("lines", "rb").read().split(b"\\n")[:-1]:
          errors = list(validator.iter_errors(json.loads(line[1:])))
          assert (line[:1] == b"+") == (not errors), (line, errors[:1])
          checked += 1
      print(checked)

      """
    let files = SystemFiles.shared
    for (name, bytes) in [("lines", lines), ("check.py", Array(script.utf8))] {
      try files.replaceDurably(Path.join(directory.path, name), with: bytes, permissions: 0o600)
    }
    let result = directory.shell(
      "python3 check.py '\(Path.join(TestData.root, "schema/events.schema.json"))'")
    #expect(result.status == 0 && result.output == Array("\(count)\n".utf8))
    if result.status != 0 { print(String(decoding: result.output, as: UTF8.self)) }
  }
}
