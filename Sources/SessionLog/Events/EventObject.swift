/// An object that stands in a field.
package protocol EventObject: ListElement {
  /// As schema/events.md calls it.
  static var objectName: String { get }
  /// Members that the type does not name, kept in their order.
  var other: [JSONValue.Member] { get set }

  init(_ blank: Blank)
  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault)
}

extension EventObject {
  package static var kind: FieldKind { .object(objectName) }
  package static var listKind: FieldKind { .list(objectName) }
  package static var blank: Self { Self(Blank()) }

  package init?(field json: JSONValue) {
    guard let members = json.members else { return nil }
    self.init(Blank())
    var reader = FieldReader(members, of: Self.objectName)
    do { try visit(&reader) } catch { return nil }
    other = reader.rest
  }

  package func write(to bytes: inout [UInt8]) {
    var taken: [UInt8] = []
    swap(&taken, &bytes)
    var writer = FieldWriter(objectIn: taken)
    var copy = self
    do { try copy.visit(&writer) } catch {
      // The writer never refuses.
    }
    writer.add(other)
    bytes = writer.finish()
  }

  /// Its members, as schema/events.md lists them.
  package static var fields: [FieldDescription] {
    var blank = Self(Blank())
    var describer = FieldDescriber()
    do { try blank.visit(&describer) } catch {
      // The describer never refuses.
    }
    return describer.fields
  }
}
