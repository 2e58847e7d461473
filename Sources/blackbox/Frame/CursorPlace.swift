internal import AuditStore
internal import Platform

/// Where a list goes on: a cursor that was given, or one that a file keeps.
struct CursorPlace {
  private let file: String?
  private(set) var cursor: Cursor?

  init(_ arguments: ParsedArguments) throws {
    file = arguments.value("cursor-file")
    if let text = arguments.value("cursor") {
      guard file == nil else {
        throw ArgumentFailure.excludesEachOther("--cursor", "--cursor-file")
      }
      guard let cursor = Cursor(text) else { throw Self.malformed("--cursor") }
      self.cursor = cursor
    } else if let file {
      do {
        let bytes = try SystemFiles.shared.readSmallFile(file, limit: 256, named: true)
        var text = String(decoding: bytes, as: UTF8.self)
        while text.last?.isWhitespace ?? false { text.removeLast() }
        guard text.isEmpty || Cursor(text) != nil else { throw Self.malformed(file) }
        cursor = Cursor(text)
      } catch let failure as FileFailure {
        // The first time there is none.
        guard failure.isMissing else { throw failure }
      }
    }
  }

  /// Keeps the new place; where nothing was given out, the old one stays.
  func keep(_ cursor: Cursor?) throws {
    guard let file, let cursor else { return }
    try SystemFiles.shared.replaceDurably(
      file, with: Array((cursor.text + "\n").utf8), permissions: 0o600)
  }

  private static func malformed(_ place: String) -> UserFailure {
    UserFailure(
      .usage, "not a cursor", place: place, wanted: "what --show-cursor told",
      advice: "Start without one, and take the cursor from there.")
  }
}
