package import Platform

// Fields: schema/events.md.

/// A field holds values that must be masked: the population of "missing masking".
package struct ResourceClassifyEvent: SessionEvent {
  package static let type: StaticString = "resource.classify"

  /// Where.
  package var resource: Resource
  /// Table, path, tool.
  package var object: String
  /// Column, member.
  package var field: String
  /// As in `masking.applied`.
  package var infoType: String
  /// Method that is asked for: `replace`, `hash`, `drop`, `partial`, `any`; `none`: no longer classified.
  package var required: String
  /// Who says so.
  package var by: Identity?
  package var common = CommonFields()

  package init(
    resource: Resource, object: String, field: String, infoType: String, required: String
  ) {
    self.resource = resource
    self.object = object
    self.field = field
    self.infoType = infoType
    self.required = required
  }

  package init(_: Blank) {
    resource = .blank
    object = .blank
    field = .blank
    infoType = .blank
    required = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("resource", &resource)
    try visitor.required("object", &object)
    try visitor.required("field", &field)
    try visitor.required("info_type", &infoType)
    try visitor.required("required", &required)
    try visitor.optional("by", &by)
  }
}

/// A planted false value: wherever it appears, masking failed.
package struct ResourceCanaryEvent: SessionEvent {
  package static let type: StaticString = "resource.canary"

  /// Where it was planted.
  package var resource: Resource
  /// Of the canary.
  package var uid: String
  /// As in `masking.applied`.
  package var infoType: String
  /// How candidates are cut from text, below.
  package var form: CanaryForm
  /// Bytes of the value in that form.
  package var length: Int64
  /// HMAC-SHA-256 of the value in that form.
  package var valueDigest: Digest
  /// Table, path.
  package var object: String?
  /// Column.
  package var field: String?
  package var common = CommonFields()

  package init(
    resource: Resource, uid: String, infoType: String, form: CanaryForm, length: Int64,
    valueDigest: Digest
  ) {
    self.resource = resource
    self.uid = uid
    self.infoType = infoType
    self.form = form
    self.length = length
    self.valueDigest = valueDigest
  }

  package init(_: Blank) {
    resource = .blank
    uid = .blank
    infoType = .blank
    form = .blank
    length = .blank
    valueDigest = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("resource", &resource)
    try visitor.required("uid", &uid)
    try visitor.required("info_type", &infoType)
    try visitor.required("form", &form)
    try visitor.required("length", &length)
    try visitor.required("value_hmac", &valueDigest)
    try visitor.optional("object", &object)
    try visitor.optional("field", &field)
  }
}
