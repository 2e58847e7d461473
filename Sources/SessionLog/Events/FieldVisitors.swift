internal import Evidence

/// Writes fields: those that are there, in the order in which they come.
struct FieldWriter: FieldVisitor {
  private(set) var bytes: [UInt8]
  private var needsComma: Bool

  /// Goes on with an event's line.
  init(_ line: consuming LineBuilder) {
    bytes = line.takeBytes()
    needsComma = true
  }

  /// Begins an object within one.
  init(objectIn bytes: consuming [UInt8]) {
    self.bytes = bytes
    self.bytes.append(0x7B)
    needsComma = false
  }

  private mutating func name(_ name: StaticString) {
    if needsComma { bytes.append(0x2C) }
    needsComma = true
    bytes.append(0x22)
    name.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    bytes.append(0x22)
    bytes.append(0x3A)
  }

  mutating func required<Value: FieldValue>(_ name: StaticString, _ value: inout Value) {
    self.name(name)
    value.write(to: &bytes)
  }

  mutating func optional<Value: FieldValue>(_ name: StaticString, _ value: inout Value?) {
    guard let value else { return }
    self.name(name)
    value.write(to: &bytes)
  }

  mutating func nullable<Value: FieldValue>(_ name: StaticString, _ value: inout Value?) {
    self.name(name)
    if let value {
      value.write(to: &bytes)
    } else {
      JSONValue.null.write(to: &bytes)
    }
  }

  mutating func payload(_ payload: inout [UInt8]?) {
    guard let payload else { return }
    let isText: Bool
    do {
      _ = try UTF8Span(validating: payload.span)
      isText = true
    } catch {
      isText = false
    }
    name(isText ? "data" : "data64")
    bytes.append(0x22)
    if isText {
      JSONLine.escape(payload.span, into: &bytes)
    } else {
      Base64.append(payload.span, to: &bytes)
    }
    bytes.append(0x22)
  }

  mutating func add(_ members: [JSONValue.Member]) {
    for member in members {
      if needsComma { bytes.append(0x2C) }
      needsComma = true
      JSONLine.string(member.name, into: &bytes)
      bytes.append(0x3A)
      JSONLine.value(member.value, into: &bytes)
    }
  }

  consuming func finish() -> [UInt8] {
    bytes.append(0x7D)
    return bytes
  }
}

/// Reads fields from an object's members, and keeps what no field takes.
struct FieldReader: FieldVisitor {
  private let members: [JSONValue.Member]
  private var isTaken: [Bool]
  private let type: String
  /// Fields that are missing or of another kind are left as they were.
  private let isLenient: Bool

  init(_ members: [JSONValue.Member], of type: String, isLenient: Bool = false) {
    self.members = members
    isTaken = Array(repeating: false, count: members.count)
    self.type = type
    self.isLenient = isLenient
  }

  func fault(_ field: StaticString, _ problem: EventFault.Problem) -> EventFault {
    EventFault(type: type, field: field.description, problem: problem)
  }

  /// The first member of that name, unless a field has taken it: a second one is nobody's.
  private func index(_ name: StaticString) -> Int? {
    for index in members.indices {
      let isNamed = name.withUTF8Buffer { wanted in
        unsafe members[index].name.utf8.count == wanted.count
          && members[index].name.utf8.elementsEqual(wanted)
      }
      if isNamed { return isTaken[index] ? nil : index }
    }
    return nil
  }

  func value(_ name: StaticString) -> JSONValue? { index(name).map { members[$0].value } }

  /// The same, which is then no longer left over.
  mutating func take(_ name: StaticString) -> JSONValue? {
    guard let index = index(name) else { return nil }
    isTaken[index] = true
    return members[index].value
  }

  /// Members that no field took, in their order.
  var rest: [JSONValue.Member] {
    members.indices.filter { !isTaken[$0] }.map { members[$0] }
  }

  mutating func required<Value: FieldValue>(_ name: StaticString, _ value: inout Value)
    throws(EventFault)
  {
    var found: Value?
    try optional(name, &found)
    if let found {
      value = found
    } else if !isLenient {
      throw fault(name, .missing)
    }
  }

  mutating func optional<Value: FieldValue>(_ name: StaticString, _ value: inout Value?)
    throws(EventFault)
  {
    // A null says as little as no field at all, and is kept as it stands.
    guard let index = index(name), members[index].value != .null else { return }
    guard let read = Value(field: members[index].value) else {
      guard !isLenient else { return }
      throw fault(name, .wrongKind(wanted: Value.kind.description))
    }
    value = read
    isTaken[index] = true
  }

  mutating func nullable<Value: FieldValue>(_ name: StaticString, _ value: inout Value?)
    throws(EventFault)
  {
    guard let index = index(name) else {
      guard !isLenient else { return }
      throw fault(name, .missing)
    }
    if members[index].value == .null {
      isTaken[index] = true
      return
    }
    try optional(name, &value)
  }

  mutating func payload(_ bytes: inout [UInt8]?) throws(EventFault) {
    if let text = value("data")?.string {
      bytes = Array(text.utf8)
      _ = take("data")
    } else if let text = value("data64")?.string {
      guard let decoded = Base64.decode(text) else {
        throw fault("data64", .wrongKind(wanted: "base64"))
      }
      bytes = decoded
      _ = take("data64")
    } else if value("data") != nil || value("data64") != nil {
      throw fault("data", .wrongKind(wanted: "string"))
    }
  }
}

/// A field of a type: what schema/events.md says in one row.
package struct FieldDescription: Sendable, Equatable {
  package var name: String
  package var kind: FieldKind
  package var isRequired: Bool
}

/// Lists fields.
struct FieldDescriber: FieldVisitor {
  private(set) var fields: [FieldDescription] = []

  private mutating func add(_ name: StaticString, _ kind: FieldKind, _ isRequired: Bool) {
    fields.append(FieldDescription(name: name.description, kind: kind, isRequired: isRequired))
  }

  mutating func required<Value: FieldValue>(_ name: StaticString, _: inout Value) {
    add(name, Value.kind, true)
  }
  mutating func optional<Value: FieldValue>(_ name: StaticString, _: inout Value?) {
    add(name, Value.kind, false)
  }
  mutating func nullable<Value: FieldValue>(_ name: StaticString, _: inout Value?) {
    guard case .object(let object) = Value.kind else { return add(name, Value.kind, true) }
    add(name, .objectOrNull(object), true)
  }
  mutating func payload(_: inout [UInt8]?) {
    add("data", .string, false)
    add("data64", .string, false)
  }
}
