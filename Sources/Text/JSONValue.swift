/// What `JSONText` can write as one value.
package protocol JSONValue {
  func write(to json: inout JSONText)
}

extension String: JSONValue {
  package func write(to json: inout JSONText) { json.put(string: self) }
}

extension Bool: JSONValue {
  package func write(to json: inout JSONText) { json.put(ascii: self ? "true" : "false") }
}

extension Int: JSONValue {
  package func write(to json: inout JSONText) { Int64(self).write(to: &json) }
}

extension UInt32: JSONValue {
  package func write(to json: inout JSONText) { Int64(self).write(to: &json) }
}

extension UInt64: JSONValue {
  package func write(to json: inout JSONText) {
    if self <= 1 << 53 { json.put(number: String(self)) } else { json.put(string: String(self)) }
  }
}

extension Int64: JSONValue {
  package func write(to json: inout JSONText) {
    if magnitude <= 1 << 53 {
      json.put(number: String(self))
    } else {
      json.put(string: String(self))
    }
  }
}

/// Infinities and not-a-number have no form in JSON and become null.
extension Double: JSONValue {
  package func write(to json: inout JSONText) {
    if isFinite { json.put(number: description) } else { json.put(ascii: "null") }
  }
}

extension Optional: JSONValue where Wrapped: JSONValue {
  package func write(to json: inout JSONText) {
    if let self { self.write(to: &json) } else { json.put(ascii: "null") }
  }
}

extension Array: JSONValue where Element: JSONValue {
  package func write(to json: inout JSONText) {
    json.list { (list: inout JSONText) in for element in self { list.value(element) } }
  }
}
