internal import Glibc
import Testing

@testable import blackbox

/// The program as a process: descriptors, signals and exit status.
struct ProcessTests {
  /// The program that was built beside these tests.
  private static let binary: String? = {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    guard length > 0 else { return nil }
    let text = String(decoding: path[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
    let folder = text.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let binary = folder.joined(separator: "/") + "/blackbox"
    return access(binary, X_OK) == 0 ? binary : nil
  }()

  @Test(
    .enabled(if: binary != nil, "the program is not beside its tests"),
    arguments: [
      ("version > /dev/null", 0), ("version > /dev/full 2> /dev/null", 8),
      ("version >&- 2> /dev/null", 8), ("vresion 2> /dev/null", 2),
      ("version $'\\xff' 2> /dev/null", 2), ("version < /dev/null > /dev/null", 0),
      ("version 2>&- >&-", 8), ("", 0),
    ] as [(String, Int32)])
  func `the exit status is the code`(arguments: String, status: Int32) throws {
    let binary = try #require(Self.binary)
    #expect(
      Shell.run(
        "bash", input: "'\(binary)' \(arguments) | cat > /dev/null\nexit ${PIPESTATUS[0]}\n")
        == status)
  }

  @Test(.enabled(if: binary != nil, "the program is not beside its tests"))
  func `a reader that went away ends the program by its signal and without a word`() throws {
    let binary = try #require(Self.binary)
    // A pipe whose reading end is closed before the program starts.
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let status = Shell.run("bash", input: "'\(binary)' help >&\(ends[1]); exit $?\n")
    #expect(status == 141)
  }
}
