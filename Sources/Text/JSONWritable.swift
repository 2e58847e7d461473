/// What `JSONText` can write as one value.
package protocol JSONWritable {
  func write(to json: inout JSONText)
}

extension String: JSONWritable {
  package func write(to json: inout JSONText) { json.put(string: self) }
}

extension Bool: JSONWritable {
  package func write(to json: inout JSONText) { json.put(ascii: self ? "true" : "false") }
}

extension Int: JSONWritable {
  package func write(to json: inout JSONText) { Int64(self).write(to: &json) }
}

extension UInt32: JSONWritable {
  package func write(to json: inout JSONText) { Int64(self).write(to: &json) }
}

extension UInt64: JSONWritable {
  package func write(to json: inout JSONText) {
    if self <= 1 << 53 { json.put(number: String(self)) } else { json.put(string: String(self)) }
  }
}

extension Int64: JSONWritable {
  package func write(to json: inout JSONText) {
    if magnitude <= 1 << 53 {
      json.put(number: String(self))
    } else {
      json.put(string: String(self))
    }
  }
}

/// Infinities and not-a-number have no form in JSON and become null.
extension Double: JSONWritable {
  package func write(to json: inout JSONText) {
    if isFinite { json.put(number: description) } else { json.put(ascii: "null") }
  }
}

extension Optional: JSONWritable where Wrapped: JSONWritable {
  package func write(to json: inout JSONText) {
    if let self { self.write(to: &json) } else { json.put(ascii: "null") }
  }
}

extension Array: JSONWritable where Element: JSONWritable {
  package func write(to json: inout JSONText) {
    json.list { (list: inout JSONText) in for element in self { list.value(element) } }
  }
}
