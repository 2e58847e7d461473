internal import Evidence

/// One type of event: a value that can be written as a line and read from one.
///
/// Types and fields: schema/events.md. Each type names its fields once, in `visit`; writing, reading and describing are
/// visitors of it.
package protocol SessionEvent: Sendable, Equatable {
  /// The name on the line.
  static var type: StaticString { get }
  /// Fields that every event may carry.
  var common: CommonFields { get set }

  /// A value without meaning, which `visit` then fills.
  init(_ blank: Blank)
  /// Shows each of the type's own fields to a visitor, in the order in which they are written.
  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault)
}

/// Tells apart the initialiser that is followed by `visit`.
package struct Blank: Sendable {
  init() {}
}

/// What goes over a type's fields: the writer, the reader, the describer.
package protocol FieldVisitor {
  mutating func required<Value: FieldValue>(_ name: StaticString, _ value: inout Value)
    throws(EventFault)
  mutating func optional<Value: FieldValue>(_ name: StaticString, _ value: inout Value?)
    throws(EventFault)
  /// A field that must be there and may be null.
  mutating func nullable<Value: FieldValue>(_ name: StaticString, _ value: inout Value?)
    throws(EventFault)
  /// Bytes as `data`, or whole as `data64` if any of them is not valid UTF-8.
  mutating func payload(_ bytes: inout [UInt8]?) throws(EventFault)
}

/// Why a line is not an event of a type.
package struct EventFault: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Problem: Sendable, Equatable {
    case notJSON, otherType, laterPart, missing
    case wrongKind(wanted: String)
  }

  package var type: String
  package var field: String
  package var problem: Problem

  package var description: String {
    switch problem {
    case .notJSON: "\(type): not a JSON object"
    case .otherType: "not of type \(type)"
    case .laterPart: "\(type): a later part, which carries payload alone"
    case .missing: "\(type): \(field) is missing"
    case .wrongKind(let wanted): "\(type): \(field) is no \(wanted)"
    }
  }
}

extension SessionEvent {
  package static var typeName: String { type.description }

  /// The line, without LF.
  package func line(at time: UInt64) -> [UInt8] {
    var writer = FieldWriter(LineBuilder(time: time, type: Self.type))
    var copy = self
    do {
      try copy.visit(&writer)
      try copy.common.visit(&writer)
    } catch {
      // The writer never refuses.
    }
    writer.add(copy.common.other)
    return writer.finish()
  }

  /// Reads a line's members; what no field takes is kept in `common.other`.
  package init(_ members: [JSONValue.Member]) throws(EventFault) {
    var reader = FieldReader(members, of: Self.typeName)
    guard reader.take("type")?.string == Self.typeName else { throw reader.fault("", .otherType) }
    _ = reader.take("t")
    if let part = reader.value("part")?.integer, part > 0 { throw reader.fault("", .laterPart) }
    self.init(Blank())
    try visit(&reader)
    var common = CommonFields()
    try common.visit(&reader)
    common.other = reader.rest
    self.common = common
  }

  package init(_ line: EventLine) throws(EventFault) {
    var members: [JSONValue.Member]?
    do { members = try line.json().members } catch {}
    guard let members else {
      throw EventFault(type: Self.typeName, field: "", problem: .notJSON)
    }
    try self.init(members)
  }

  /// The type's own fields, as schema/events.md lists them.
  package static var fields: [FieldDescription] {
    var blank = Self(Blank())
    var describer = FieldDescriber()
    do { try blank.visit(&describer) } catch {
      // The describer never refuses.
    }
    return describer.fields
  }
}
