internal import SessionLog

/// Where the parts of an event stand that redaction asks about.
struct EventParts {
  /// One past `"type":"X"`, with which the object begins.
  var typeEnd = 1
  var type = ""
  var isPart = false
  var isLast = false
  var namesRedacted = false
  /// The member whose text goes on in the next event, and the name of that stream.
  var text: ScannedMember?
  var stream = ""

  /// `ongoing` says, by type, which member the parts before this one went on in: another that happens to be longer
  /// is none of their stream.
  init(_ object: [UInt8], _ members: [ScannedMember], ongoing: [String: String]) {
    guard let first = members.first, first.whole.lowerBound == 1, first.value.count >= 2 else {
      return
    }
    typeEnd = first.whole.upperBound
    type = String(decoding: object[first.value].dropFirst().dropLast(), as: UTF8.self)
    var longest: ScannedMember?
    var data: ScannedMember?
    var same: ScannedMember?
    let known = ongoing[type]
    var isFirst = false
    for member in members.dropFirst() {
      let isString = object[member.value.lowerBound] == 0x22
      let name = String(decoding: object[member.name], as: UTF8.self)
      if isString, name == known { same = member }
      switch name {
      case "part":
        isPart = true
        isFirst = object[member.value] == [0x30]
      case "last": isLast = matches(object.span, at: member.value.lowerBound, "true")
      case "redacted": namesRedacted = true
      case "data" where isString, "data64" where isString: data = member
      default: break
      }
      if isString, !member.nameIsEscaped, member.value.count > longest?.value.count ?? 0 {
        longest = member
      }
    }
    if isPart {
      text = isFirst ? longest : same ?? longest
    } else if type.hasPrefix("terminal.") || type.hasPrefix("process.") {
      text = data
    }
    guard let text else { return }
    // `data` and `data64` are two ways to write one stream.
    let name = String(decoding: object[text.name], as: UTF8.self)
    stream = type + " " + (name == "data64" ? "data" : name)
  }

  /// The type and the member's name of a stream.
  static func split(_ stream: String) -> (type: String, field: String) {
    let type = stream.prefix { $0 != " " }
    return (String(type), String(stream.dropFirst(type.count + 1)))
  }

  /// True for what goes towards the resource.
  static func isInput(_ type: String) -> Bool {
    type == "terminal.input" || BarrierEvents.contains(Array(type.utf8).span)
  }
}
