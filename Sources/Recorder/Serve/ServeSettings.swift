internal import SessionLog

/// How a server is set up.
package struct ServeSettings: Sendable {
  /// Where clients connect.
  package var socket: String
  /// Uids that may connect besides the server's own.
  package var allowedUsers: Set<UInt32> = []
  /// Microseconds that a session without a connection is kept.
  package var patience: UInt64 = 600_000_000
  package var mostSessions = 10_000
  package var mostConnections = 1024
  /// A file for counters as Prometheus text, written anew every ten seconds; nil: none.
  package var metrics: String?
  /// Where scrapers and probes ask over HTTP; nil: nowhere.
  package var http: HTTPAddress?
  /// What is replaced before it is written; nil for nothing.
  package var redaction: RedactionRules?
  /// The service manager's socket, from `NOTIFY_SOCKET`.
  package var notifySocket: String?
  /// Microseconds between two signs of life that the service manager wants at the latest; nil: none.
  package var watchdog: UInt64?
  /// What clients are told to do while nothing can be recorded.
  package var onFailure = FailurePolicy.block
  /// This program's version, for `hello`.
  package var version: String
  /// Says what whoever runs the server should know, a line at a time.
  package var say: @Sendable (String) -> Void
  /// Bytes of lines that one connection may have under way.
  var credit = 16 << 20
  /// Bytes of lines that all connections together may have under way.
  var mostUnderWay = 64 << 20
  /// Bytes that lines which have not ended yet may hold, all connections together, before they end one by one.
  var mostUnfinished = 32 << 20
  /// Microseconds that others may have to wait for a line to end, or for room to read what a client that is gone sent.
  var grace: UInt64 = 10_000_000
  /// Bytes of old recordings that are read for those who come back before open sessions have their turn.
  var stretch = 1 << 20
  var pace = Pace()
  /// How many session files may be open; `Server` sets it by what the system allows.
  var files = FileAllowance()

  package init(socket: String, version: String, say: @escaping @Sendable (String) -> Void) {
    self.socket = socket
    self.version = version
    self.say = say
  }
}
