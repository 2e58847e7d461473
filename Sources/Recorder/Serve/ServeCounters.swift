internal import Synchronization

/// How a server is, in one word.
enum ServeHealth: String, Sendable {
  case ok
  /// What a dead process left is being recovered; nobody can connect yet.
  case starting
  /// The disk is full: nothing is lost, nothing more is taken in.
  case full
  /// A write, a sync or the log's lock has taken more than ten seconds.
  case stuck
  case stopping

  /// Microseconds without a sign of the writing thread before it counts as stuck.
  static let patience: UInt64 = 10_000_000
}

/// Counters of a server: as Prometheus text, and as JSON for whoever asks over the socket.
final class ServeCounters: Sendable {
  struct Values: Sendable {
    var connections = 0
    var sessions = 0
    var detached = 0
    var opened: UInt64 = 0
    var closed: UInt64 = 0
    var events: UInt64 = 0
    var repeats: UInt64 = 0
    var bytes: UInt64 = 0
    var rounds: UInt64 = 0
    var acks: UInt64 = 0
    var refusals: UInt64 = 0
    var failedSessions: UInt64 = 0
    /// Secrets replaced before they were written.
    var replaced: UInt64 = 0
    var isWaitingForSpace = false
    /// Of the last round, in microseconds.
    var roundTime: UInt64 = 0
    /// Of all rounds, in microseconds.
    var roundTimes: UInt64 = 0
  }

  private let values = Mutex(Values())

  func update(_ change: (inout Values) -> Void) { values.withLock { change(&$0) } }

  var now: Values { values.withLock { $0 } }

  private struct Entry {
    var name: String
    var kind: String
    var help: String
    var value: UInt64
  }

  private func entries(_ now: Values, _ health: ServeHealth) -> [Entry] {
    func gauge(_ name: String, _ help: String, _ value: Int) -> Entry {
      Entry(name: name, kind: "gauge", help: help, value: UInt64(clamping: value))
    }
    func counter(_ name: String, _ help: String, _ value: UInt64) -> Entry {
      Entry(name: name, kind: "counter", help: help, value: value)
    }
    return [
      gauge("healthy", "1 unless the server is stuck.", health == .stuck ? 0 : 1),
      gauge("connections", "Open connections.", now.connections),
      gauge("sessions", "Open sessions.", now.sessions),
      gauge("sessions_detached", "Open sessions that no connection is attached to.", now.detached),
      counter("sessions_opened_total", "Sessions opened.", now.opened),
      counter("sessions_closed_total", "Sessions closed.", now.closed),
      counter(
        "sessions_failed_total", "Sessions whose file could not be written.", now.failedSessions),
      counter("events_total", "Events stored.", now.events),
      counter("events_repeated_total", "Events that were stored before.", now.repeats),
      counter("event_bytes_total", "Bytes of event lines stored.", now.bytes),
      counter("values_redacted_total", "Secrets replaced before they were written.", now.replaced),
      counter("acks_total", "Acknowledgements sent.", now.acks),
      counter("refusals_total", "Messages refused.", now.refusals),
      counter("rounds_total", "Durable points.", now.rounds),
      counter("round_microseconds_total", "Time spent in durable points.", now.roundTimes),
      gauge(
        "round_microseconds", "How long the last durable point took.", Int(clamping: now.roundTime)),
      gauge("waiting_for_space", "1 while the disk is full.", now.isWaitingForSpace ? 1 : 0),
    ]
  }

  /// Source: Prometheus text exposition format 0.0.4.
  func text(_ health: ServeHealth) -> String {
    var text = ""
    for entry in entries(now, health) {
      text += "# HELP blackbox_\(entry.name) \(entry.help)\n"
      text += "# TYPE blackbox_\(entry.name) \(entry.kind)\n"
      text += "blackbox_\(entry.name) \(entry.value)\n"
    }
    return text
  }

  /// The answer to `{"health":1}`, with its LF.
  func line(_ health: ServeHealth, version: String, store: String) -> [UInt8] {
    var text = "{\"health\":\"\(health.rawValue)\",\"server\":"
    text += AnswerLine.quoted("blackbox/" + version) + ",\"store\":" + AnswerLine.quoted(store)
    for entry in entries(now, health) { text += ",\"\(entry.name)\":\(entry.value)" }
    return Array((text + "}\n").utf8)
  }
}
