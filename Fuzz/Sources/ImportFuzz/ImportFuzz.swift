import Evidence
import Glibc
import Platform
import SessionLog

@testable import Recorder

/// One input of libFuzzer: a byte that names the format, then the recording; the files of a
/// typescript and of a sudo log stand one after the other, with 0xFF between them.
///
/// Whatever the bytes are, each line that comes of them is JSON, times never go back, two readings
/// give the same, and nothing traps; a broken promise traps here.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImport(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 1 else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let formats = ImportFormat.allCases
  let number = Int(bytes[0]) % (formats.count + 1)
  let content = Array(bytes[1...])
  do throws(ImportFailure) {
    switch number < formats.count ? formats[number] : nil {
    case .sudo: try readSudo(content)
    case .typescript: try readTypescript(content)
    case let format: try readFile(content, format)
    }
  } catch { return 0 }
  return 0
}

/// In memory where there is such a place; one directory a process, as libFuzzer may run several.
private let directory: String = {
  let path = "/dev/shm/blackbox-fuzz-\(getpid())"
  mkdir(path, 0o700)
  mkdir(path + "/sudo", 0o700)
  return path
}()

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

private func readFile(_ content: [UInt8], _ format: ImportFormat?) throws(ImportFailure) {
  let path = write(content[...], "recording")
  let found = try ForeignRecording.open(path, format: format, spool: directory)
  let first = lines(found.open)
  precondition(first == lines(found.open), "two readings differ")
}

private func readSudo(_ content: [UInt8]) throws(ImportFailure) {
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
  _ = lines(found.open)
}

private func readTypescript(_ content: [UInt8]) throws(ImportFailure) {
  let parts = content.split(separator: 0xFF, maxSplits: 2, omittingEmptySubsequences: false)
  let names = ["typescript", "timing", "typed"]
  var files: [SourceFile] = []
  for (part, name) in zip(parts, names) {
    let path = write(part, name)
    files.append(try SourceFile.open(path, in: SystemFiles.shared, spool: directory))
  }
  var parser = try TypescriptParser(
    files[0], timing: files.count > 1 ? files[1] : nil, input: files.count > 2 ? files[2] : nil)
  var stream = EventStream()
  var time: UInt64 = 0
  var hasMore = true
  while hasMore {
    hasMore = try parser.step(into: &stream)
    for line in stream.lines { check(line, &time) }
    stream.clear()
  }
  _ = try parser.finish()
}

private func lines(_ open: EventSourceOpener) -> [[UInt8]]? {
  var time: UInt64 = 0
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
  for line in lines { check(line, &time) }
  return lines
}

private func check(_ line: [UInt8], _ time: inout UInt64) {
  let json: JSONValue
  do { json = try JSONValue(parsing: line) } catch {
    fatalError("no JSON: \(String(decoding: line, as: UTF8.self))")
  }
  guard let now = json["t"]?.integer, now >= 0 else {
    fatalError("no time: \(String(decoding: line, as: UTF8.self))")
  }
  precondition(UInt64(now) >= time, "time goes back: \(String(decoding: line, as: UTF8.self))")
  precondition(json["type"]?.string?.isEmpty == false)
  time = UInt64(now)
}
