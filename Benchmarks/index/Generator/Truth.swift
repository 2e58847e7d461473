/// What every question and detection must answer, gathered while the store is made.
///
/// A row is a list of texts; numbers are decimal, a missing value is "-".
package struct Truth {
  /// The day that questions with a period are asked for, µs: half-open.
  package var since: Int64 = 0
  package var until: Int64 = 0
  package var parameters: [String: String] = [:]
  package var sets: [String: [[String]]] = [:]
  package var sessions = 0
  package var events = 0

  private var counts: [String: [[String]: [Int]]] = [:]

  func isInDay(_ moment: Int64) -> Bool { moment >= since && moment < until }

  mutating func add(_ name: String, _ row: String...) { sets[name, default: []].append(row) }

  /// Adds to the numbers that stand behind a key.
  mutating func count(_ name: String, _ key: [String], _ numbers: Int...) {
    var sums = counts[name]?[key] ?? Array(repeating: 0, count: numbers.count)
    for index in numbers.indices { sums[index] += numbers[index] }
    counts[name, default: [:]][key] = sums
  }

  func counted(_ name: String) -> [[String]: [Int]] { counts[name] ?? [:] }

  /// Turns counts into rows.
  mutating func settle(_ name: String, where keeps: ([String], [Int]) -> Bool = { _, _ in true }) {
    for (key, numbers) in counted(name) where keeps(key, numbers) {
      sets[name, default: []].append(key + numbers.map { String($0) })
    }
  }

  /// The page of expectations, as JSON: `questions` and `detections` by name, rows sorted.
  package func page() -> String {
    var text = "{\n \"sessions\": \(sessions), \"events\": \(events),\n"
    text += " \"since_us\": \(since), \"until_us\": \(until),\n \"parameters\": {"
    text += parameters.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value))" }
      .joined(separator: ", ")
    text += "},\n \"answers\": {\n"
    let names = sets.keys.sorted()
    for (index, name) in names.enumerated() {
      let rows = (sets[name] ?? []).sorted { $0.lexicographicallyPrecedes($1) }
      text += "  \(quoted(name)): [\n"
      text += rows.map { "   [" + $0.map(quoted).joined(separator: ", ") + "]" }
        .joined(separator: ",\n")
      text += "\n  ]" + (index + 1 < names.count ? "," : "") + "\n"
    }
    return text + " }\n}\n"
  }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
