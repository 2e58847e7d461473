internal import Evidence
package import Platform

/// A value that a field may hold.
package protocol FieldValue: Sendable, Equatable {
  static var kind: FieldKind { get }
  /// The value of a field that was not filled yet.
  static var blank: Self { get }
  /// Nil for JSON of another kind.
  init?(field json: JSONValue)
  func write(to bytes: inout [UInt8])
}

/// What a field holds, in the words of schema/events.md.
package enum FieldKind: Sendable, Equatable, CustomStringConvertible {
  case string, integer, number, boolean, time, digest, reference, strings, json, stringOrInteger
  case words([String])
  case object(String)
  case objectOrNull(String)
  case list(String)

  package var description: String {
    switch self {
    case .string: "string"
    case .integer: "integer"
    case .number: "number"
    case .boolean: "boolean"
    case .time: "time"
    case .digest: "digest"
    case .reference: "reference"
    case .strings: "strings"
    case .json: "json"
    case .stringOrInteger: "string or integer"
    case .words(let words): words.map { "`\($0)`" }.joined(separator: " ")
    case .object(let name): name
    case .objectOrNull(let name): "\(name) or null"
    case .list(let name): "list of \(name)"
    }
  }
}

extension String: FieldValue {
  package static var kind: FieldKind { .string }
  package static var blank: String { "" }
  package init?(field json: JSONValue) {
    guard let text = json.string else { return nil }
    self = text
  }
  package func write(to bytes: inout [UInt8]) { JSONLine.string(self, into: &bytes) }
}

extension Int64: FieldValue {
  package static var kind: FieldKind { .integer }
  package static var blank: Int64 { 0 }
  package init?(field json: JSONValue) {
    switch json {
    case .integer(let value): self = value
    // `1.0` and `1e3` are whole numbers too.
    case .number(let text):
      guard let number = Double(text), number.magnitude < 0x1p53,
        let whole = Int64(exactly: number)
      else { return nil }
      self = whole
    default: return nil
    }
  }
  package func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: String(self).utf8) }
}

extension Double: FieldValue {
  package static var kind: FieldKind { .number }
  package static var blank: Double { 0 }
  package init?(field json: JSONValue) {
    guard let number = json.double, number.isFinite else { return nil }
    self = number
  }
  package func write(to bytes: inout [UInt8]) {
    // JSON has no infinity; a score that is none is said to be 0.
    bytes.append(contentsOf: (isFinite ? "\(self)" : "0").utf8)
  }
}

extension Bool: FieldValue {
  package static var kind: FieldKind { .boolean }
  package static var blank: Bool { false }
  package init?(field json: JSONValue) {
    guard let flag = json.bool else { return nil }
    self = flag
  }
  package func write(to bytes: inout [UInt8]) {
    bytes.append(contentsOf: (self ? "true" : "false").utf8)
  }
}

extension Digest: FieldValue {
  package static var kind: FieldKind { .digest }
  package static var blank: Digest { .zero }
  package init?(field json: JSONValue) {
    guard let text = json.string, let digest = Digest(hex: text) else { return nil }
    self = digest
  }
  package func write(to bytes: inout [UInt8]) { JSONLine.string(hex, into: &bytes) }
}

extension JSONValue: FieldValue {
  package static var kind: FieldKind { .json }
  package static var blank: JSONValue { .null }
  package init?(field json: JSONValue) { self = json }
  package func write(to bytes: inout [UInt8]) { JSONLine.value(self, into: &bytes) }
}

extension SessionID: FieldValue {
  package static var kind: FieldKind { .string }
  package static var blank: SessionID { SessionID(milliseconds: 0, random: []) }
  package init?(field json: JSONValue) {
    guard let text = json.string else { return nil }
    self.init(text)
  }
  package func write(to bytes: inout [UInt8]) { JSONLine.string(text, into: &bytes) }
}

/// An array is a list of objects, or of strings.
extension Array: FieldValue where Element: ListElement {
  package static var kind: FieldKind { Element.listKind }
  package static var blank: [Element] { [] }
  package init?(field json: JSONValue) {
    guard let values = json.array else { return nil }
    self.init()
    reserveCapacity(values.count)
    for value in values {
      guard let element = Element(field: value) else { return nil }
      append(element)
    }
  }
  package func write(to bytes: inout [UInt8]) {
    bytes.append(0x5B)
    var isFirst = true
    for element in self {
      if !isFirst { bytes.append(0x2C) }
      isFirst = false
      element.write(to: &bytes)
    }
    bytes.append(0x5D)
  }
}

/// What a list may hold.
package protocol ListElement: FieldValue {
  static var listKind: FieldKind { get }
}

extension String: ListElement {
  package static var listKind: FieldKind { .strings }
}

/// One of a few words.
package protocol FieldWord: FieldValue, RawRepresentable, CaseIterable
where RawValue == String, AllCases == [Self] {}

extension FieldWord {
  package static var kind: FieldKind { .words(allCases.map(\.rawValue)) }
  package static var blank: Self { allCases[0] }
  package init?(field json: JSONValue) {
    guard let text = json.string else { return nil }
    self.init(rawValue: text)
  }
  package func write(to bytes: inout [UInt8]) { JSONLine.string(rawValue, into: &bytes) }
}
