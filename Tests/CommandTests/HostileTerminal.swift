import Foundation
import Glibc
import Testing

/// A viewer's terminal held by a test: keys go in, what the program writes comes out.
final class HostileTerminal {
  private let master: Int32
  private let process: Process
  private(set) var written: [UInt8] = []

  /// Starts the program on a terminal of its own.
  init(_ place: Place, _ program: String, _ arguments: [String], columns: UInt16, rows: UInt16)
    throws
  {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    // What `unlockpt` and `ptsname` ask of Linux: TIOCSPTLCK, TIOCGPTN.
    var (locked, number): (Int32, Int32) = (0, 0)
    try #require(ioctl(master, 0x4004_5431, &locked) == 0)
    try #require(ioctl(master, 0x8004_5430, &number) == 0)
    let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
    try #require(slave >= 0)
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
    process = place.process(program, arguments)
    let end = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
    (process.standardInput, process.standardOutput, process.standardError) = (end, end, end)
    try process.run()
    close(slave)
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    close(master)
  }

  /// Reads until nothing comes for so many milliseconds; false when the program has closed the terminal.
  @discardableResult
  func read(quiet: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, quiet) > 0 else { return true }
      let got = Glibc.read(master, &buffer, buffer.count)
      guard got > 0 else { return false }
      written += buffer[..<got]
    }
  }

  /// Reads until the program has written a text; false if it does not within half a minute.
  func read(until text: String) -> Bool {
    for _ in 0..<600 {
      if String(decoding: written, as: UTF8.self).contains(text) { return true }
      guard read(quiet: 50) else { break }
    }
    return String(decoding: written, as: UTF8.self).contains(text)
  }

  func press(_ keys: String) {
    let bytes = Array(keys.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(master, $0.baseAddress, $0.count) }
    read(quiet: 15)
  }

  /// Reads what is left and returns the exit status.
  func finish() -> Int32 {
    while read(quiet: 1000), process.isRunning {}
    process.waitUntilExit()
    return process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
  }
}
