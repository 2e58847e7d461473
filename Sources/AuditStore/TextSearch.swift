/// How texts are made findable.
package enum TextMode: String, Sendable, CaseIterable {
  /// Any part of at least three characters.
  case trigram
  /// Whole words: a third of the size.
  case words
  /// Not at all: every search reads all texts.
  case off
}

extension AuditIndex {
  /// What the search is made of now.
  func mode() throws(SQLiteFailure) -> TextMode {
    guard case .text(let word) = try database.value("SELECT v FROM meta WHERE k = 'text'") else {
      return .trigram
    }
    return TextMode(rawValue: word) ?? .trigram
  }

  /// Makes an empty search of that kind, within the caller's transaction; all texts are due again.
  func make(search mode: TextMode) throws(SQLiteFailure) {
    try database.script("DROP TABLE IF EXISTS txt_fts")
    switch mode {
    case .trigram, .off:
      try database.script(
        """
        CREATE VIRTUAL TABLE txt_fts USING fts5(body, content='txt', content_rowid='tid',
          tokenize='trigram', detail='none')
        """)
    case .words:
      try database.script(
        """
        CREATE VIRTUAL TABLE txt_fts USING fts5(body, content='txt', content_rowid='tid',
          tokenize='unicode61', detail='none')
        """)
    }
    // The usual kind is not written down, so that an index made anew equals one that never had another.
    try database.run("DELETE FROM meta WHERE k = 'text'")
    if mode != .trigram {
      try database.run("INSERT INTO meta(k, v) VALUES('text', \(mode.rawValue))")
    }
    try database.run("DELETE FROM txt_due")
    try database.run("INSERT INTO txt_due(tid) SELECT tid FROM txt")
  }
}
