/// Writes JSON piece by piece, in the order it is called.
///
/// Safe to show on a terminal: every control, bidi control and hidden scalar is a `\u` escape, so
/// nothing is lost and nothing acts. Integers beyond ±2^53 are written as strings, because readers
/// hold numbers as doubles. Source: RFC 8259.
package struct JSONText: Sendable {
  package enum Layout: Sendable { case compact, pretty }

  private var output: [UInt8] = []
  private var open: [Container] = []
  private let layout: Layout

  private struct Container {
    let isObject: Bool
    var isEmpty = true
  }

  package init(_ layout: Layout = .compact) { self.layout = layout }

  /// All that was written and not yet drained.
  package var bytes: [UInt8] { output }

  /// All that was written and not yet drained, as a string.
  package var text: String { String(decoding: output, as: UTF8.self) }

  /// Hands over what was written so far, so that long output need not be held.
  package mutating func drain() -> [UInt8] {
    defer { output.removeAll(keepingCapacity: true) }
    return output
  }

  // MARK: containers

  /// Writes an object: the document itself or an array's next element.
  package mutating func object<E: Error>(_ body: (inout JSONText) throws(E) -> Void) throws(E) {
    separate()
    try container(isObject: true, body)
  }

  /// Writes an object as the field `key`.
  package mutating func object<E: Error>(
    _ key: String, _ body: (inout JSONText) throws(E) -> Void
  ) throws(E) {
    write(key: key)
    try container(isObject: true, body)
  }

  /// Writes an array: the document itself or an array's next element.
  package mutating func array<E: Error>(_ body: (inout JSONText) throws(E) -> Void) throws(E) {
    separate()
    try container(isObject: false, body)
  }

  /// Writes an array as the field `key`.
  package mutating func array<E: Error>(
    _ key: String, _ body: (inout JSONText) throws(E) -> Void
  ) throws(E) {
    write(key: key)
    try container(isObject: false, body)
  }

  // MARK: values

  /// Writes the document itself or an array's next element.
  package mutating func value(_ value: some JSONWritable) {
    separate()
    value.write(to: &self)
  }

  /// Writes the field `key` of the open object.
  package mutating func field(_ key: String, _ value: some JSONWritable) {
    write(key: key)
    value.write(to: &self)
  }

  /// Writes the field `key`, or nothing where there is no value.
  package mutating func field(ifPresent key: String, _ value: (some JSONWritable)?) {
    if let value { field(key, value) }
  }

  /// Writes null as the field `key`.
  package mutating func null(_ key: String) {
    write(key: key)
    put(ascii: "null")
  }

  /// Writes well-formed JSON from elsewhere as the field `key`; see `value(json:)`.
  package mutating func field(_ key: String, json: Span<UInt8>) {
    write(key: key)
    embed(json)
  }

  /// Writes well-formed JSON from elsewhere, made safe to show.
  ///
  /// Its meaning stays, its hidden scalars become escapes, its line breaks blanks. Not for bytes
  /// nobody has parsed.
  package mutating func value(json: Span<UInt8>) {
    separate()
    embed(json)
  }

  // MARK: bytes

  mutating func put(ascii text: StaticString) {
    text.withUTF8Buffer { unsafe output.append(contentsOf: $0) }
  }

  mutating func put(number text: String) { output.append(contentsOf: text.utf8) }

  mutating func put(string text: String) {
    output.append(UInt8(ascii: "\""))
    var sink = JSONSink(output: output)
    output = []
    sink.walk(text)
    // Taken, not shared: a second holder would make the next byte copy all of them.
    swap(&output, &sink.output)
    output.append(UInt8(ascii: "\""))
  }

  /// An array whose place is already separated.
  mutating func list(_ body: (inout JSONText) -> Void) {
    container(isObject: false) { (json: inout JSONText) in body(&json) }
  }

  private mutating func embed(_ json: Span<UInt8>) {
    var sink = JSONSink(output: output, isEmbedding: true)
    output = []
    sink.walk(json)
    // Taken, not shared: a second holder would make the next byte copy all of them.
    swap(&output, &sink.output)
  }

  private mutating func container<E: Error>(
    isObject: Bool, _ body: (inout JSONText) throws(E) -> Void
  ) throws(E) {
    output.append(UInt8(ascii: isObject ? "{" : "["))
    open.append(Container(isObject: isObject))
    try body(&self)
    let closed = open.removeLast()
    if !closed.isEmpty { breakLine() }
    output.append(UInt8(ascii: isObject ? "}" : "]"))
  }

  private mutating func separate() {
    guard let last = open.indices.last else { return }
    precondition(!open[last].isObject, "a value in an object needs a key")
    advance(last)
  }

  private mutating func write(key: String) {
    guard let last = open.indices.last, open[last].isObject else {
      preconditionFailure("a field stands in an object only")
    }
    advance(last)
    put(string: key)
    put(ascii: layout == .pretty ? ": " : ":")
  }

  private mutating func advance(_ last: Int) {
    if !open[last].isEmpty { output.append(UInt8(ascii: ",")) }
    open[last].isEmpty = false
    breakLine()
  }

  private mutating func breakLine() {
    guard layout == .pretty else { return }
    output.append(UInt8(ascii: "\n"))
    for _ in open { put(ascii: "  ") }
  }
}
