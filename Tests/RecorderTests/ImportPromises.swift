import Evidence
import Glibc
import Platform
import SessionLog

@testable import Recorder

/// What holds of the importers whatever they read.
///
/// Each line that comes of it is JSON, times never go back, two readings give the same, and nothing
/// traps. The fuzzer looks for bytes that break it, and the tests play those it once found worth
/// keeping. Shared with `Fuzz/`.
struct ImportPromises {
  /// A directory of its own, for the files of one input.
  let directory: String

  init(in directory: String) {
    self.directory = directory
    mkdir(directory, 0o700)
    mkdir(directory + "/sudo", 0o700)
  }

  /// The promise that an input breaks, nil for none.
  ///
  /// A byte that names the format, then the recording; the files of a typescript and of a sudo log
  /// stand one after the other, with 0xFF between them.
  func broken(by bytes: [UInt8]) -> String? {
    guard bytes.count > 1 else { return nil }
    let formats = ImportFormat.allCases
    let number = Int(bytes[0]) % (formats.count + 1)
    let content = Array(bytes[1...])
    do throws(ImportFailure) {
      switch number < formats.count ? formats[number] : nil {
      case .sudo: return try sudo(content)
      case .typescript: return try typescript(content)
      case let format: return try file(content, format)
      }
    } catch { return nil }
  }

  private func write(_ bytes: ArraySlice<UInt8>, _ name: String) -> String {
    let path = directory + "/" + name
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(file >= 0, "no place for \(path)")
    defer { close(file) }
    bytes.withUnsafeBytes { buffer in
      precondition(Glibc.write(file, buffer.baseAddress, buffer.count) == buffer.count)
    }
    return path
  }

  private func file(_ content: [UInt8], _ format: ImportFormat?) throws(ImportFailure) -> String? {
    let path = write(content[...], "recording")
    let found = try ForeignRecording.open(path, format: format, spool: directory)
    guard let first = lines(found.open) else { return nil }
    guard first == lines(found.open) else { return "two readings differ" }
    return wrong(first)
  }

  private func sudo(_ content: [UInt8]) throws(ImportFailure) -> String? {
    let names = ["log.json", "timing", "ttyout", "ttyin", "stdin", "stdout", "stderr"]
    let parts = content.split(
      separator: 0xFF, maxSplits: names.count - 1, omittingEmptySubsequences: false)
    let hasOldLog = parts.first?.first != 0x7B
    for (index, name) in names.enumerated() {
      let path = index == 0 && hasOldLog ? "log" : name
      _ = write(index < parts.count ? parts[index] : [], "sudo/" + path)
    }
    unlink(directory + "/sudo/" + (hasOldLog ? "log.json" : "log"))
    let found = try ForeignRecording.open(directory + "/sudo", spool: directory)
    return lines(found.open).flatMap { wrong($0) }
  }

  private func typescript(_ content: [UInt8]) throws(ImportFailure) -> String? {
    let parts = content.split(separator: 0xFF, maxSplits: 2, omittingEmptySubsequences: false)
    var files: [SourceFile] = []
    for (part, name) in zip(parts, ["typescript", "timing", "typed"]) {
      let path = write(part, name)
      files.append(try SourceFile.open(path, in: SystemFiles.shared, spool: directory))
    }
    var parser = try TypescriptParser(
      files[0], timing: files.count > 1 ? files[1] : nil, input: files.count > 2 ? files[2] : nil)
    var stream = EventStream()
    var all: [[UInt8]] = []
    var hasMore = true
    while hasMore {
      hasMore = try parser.step(into: &stream)
      all += stream.lines
      stream.clear()
    }
    _ = try parser.finish()
    return wrong(all)
  }

  private func lines(_ open: EventSourceOpener) -> [[UInt8]]? {
    var lines: [[UInt8]] = []
    do throws(SessionLogFailure) {
      let source = try open()
      var hasMore = true
      while hasMore {
        hasMore = try source.next { line in
          lines.append(line.withUnsafeBufferPointer { Array($0) })
        }
      }
    } catch { return nil }
    return lines
  }

  private func wrong(_ lines: [[UInt8]]) -> String? {
    var time: Int64 = 0
    for line in lines {
      let text = String(decoding: line, as: UTF8.self)
      let json: JSONValue
      do { json = try JSONValue(parsing: line) } catch { return "no JSON: \(text)" }
      guard let now = json["t"]?.integer, now >= 0 else { return "no time: \(text)" }
      guard now >= time else { return "time goes back: \(text)" }
      guard json["type"]?.string?.isEmpty == false else { return "no type: \(text)" }
      time = now
    }
    return nil
  }
}
