internal import Platform

/// The files of one sudo I/O log, opened.
struct SudoLogFiles: Sendable {
  let timing: SourceFile
  /// `log.json`, else `log`; nil where neither is there.
  let log: SourceFile?
  /// By their number in `timing`; nil where one is not there.
  let streams: [SourceFile?]

  /// Opens the files below `directory`; `aim` is what a refusal says cannot be done with it.
  init(_ directory: String, toBe aim: String, in system: any FileSystem, spool: String)
    throws(ImportFailure)
  {
    func open(_ name: String) throws(ImportFailure) -> SourceFile? {
      do throws(ImportFailure) {
        return try SourceFile.open(Path.join(directory, name), in: system, spool: spool)
      } catch {
        if case .source(let failure) = error, failure.isMissing { return nil }
        throw error
      }
    }
    guard let timing = try open("timing") else {
      throw .refuse(
        "cannot \(aim) this directory", directory, found: "no file named timing",
        wanted: "the directory of one sudo I/O log",
        advice: "Each command has a directory of its own, such as /var/log/sudo-io/00/00/01.")
    }
    self.timing = timing
    var log = try open("log.json")
    if log == nil { log = try open("log") }
    self.log = log
    var streams: [SourceFile?] = []
    for name in SudoLogParser.names { streams.append(try open(name)) }
    self.streams = streams
  }

  /// What a single file is refused with that was said to be such a log.
  static func refusal(of file: SourceFile) -> ImportFailure {
    .refuse(
      "not a sudo I/O log", file.path, found: "a file",
      wanted: "the directory that holds timing and ttyout",
      advice: "Give the directory, such as /var/log/sudo-io/00/00/01.")
  }
}
