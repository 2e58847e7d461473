import Glibc
import Platform
import TestSupport
import Testing

struct SocketTests {
  @Test func `a listener that accepts nobody and has no room for more is not waited for`() throws {
    let place = TemporaryDirectory()
    let listener = try SocketListener(place.path + "/s", permissions: 0o600)
    // Nobody beyond the first may wait.
    try #require(listen(listener.descriptor, 0) == 0)
    let first = try Socket(connectingTo: place.path + "/s")
    let began = SystemClock().monotonic()
    #expect(throws: FileFailure.self) { try Socket(connectingTo: place.path + "/s") }
    #expect(SystemClock().monotonic() - began < 20_000_000)
    withExtendedLifetime(first) {}
  }
}
