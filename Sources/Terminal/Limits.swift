/// Every cap on what recorded bytes can make the emulator keep or do, each with its reason.
package enum Limits {
  /// Largest screen side; no real terminal is larger, and a screen of 1000 x 1000 is 16 MB.
  package static let columns = 1000
  package static let rows = 1000
  /// Largest scrollback, whatever the caller asks for.
  package static let scrollbackLines = 1_000_000
  /// Cells wrapped anew when the width changes: some 30,000 full lines of 132.
  ///
  /// Older lines of the scrollback keep the width they have.
  static let reflowCells = 4_000_000
  /// Numeric parameters of one control sequence, sub-parameters included (xterm keeps 30).
  static let parameters = 32
  /// Bytes of one OSC string that are kept; the rest of the string is read and dropped.
  static let oscBytes = 4096
  /// Bytes of one DCS, APC, PM or SOS string that are kept: enough to tell what it is.
  static let stringBytes = 1024
  /// Scalars of a window title.
  static let titleScalars = 512
  /// Titles kept by CSI 22 t (xterm keeps 10).
  static let titleStack = 16
  /// Scalars in one cell: enough for any emoji sequence and for any written language, while one
  /// cell heaped with marks cannot slow down each that reads it (CVE-2021-27135).
  static let scalarsPerCell = 16
  /// Different clusters alive at one time.
  static let clusters = 65_536
  /// Different pairs of underline colour and link alive at one time.
  static let decorations = 16_384
  /// Different links alive at one time, and the bytes of one target.
  static let links = 4096
  static let linkBytes = 2048
  /// Findings of hidden content between two calls of `takeHidden()`, and scalars of one detail.
  package static let hiddenContent = 256
  static let hiddenScalars = 256
  /// Overwritten texts looked at in one feed, and those told of.
  static let overwritesExamined = 64
  static let overwritesReported = 8
}
