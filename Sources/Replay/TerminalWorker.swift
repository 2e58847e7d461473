internal import Platform
internal import Terminal

/// A terminal that is fed on a thread of its own, while another reads and verifies.
///
/// It lies behind by a bounded amount of output.
final class TerminalWorker: Sendable {
  private enum Work: Sendable {
    case output([UInt8])
    case resize(columns: Int, rows: Int)
  }

  private static let behind = 4 << 20

  private let work = Mailbox<Work>(capacity: behind)
  private let result = Mailbox<VirtualTerminal>(capacity: 1)

  /// Nil where the system has no thread to give.
  init?(_ terminal: VirtualTerminal) {
    let (work, result) = (work, result)
    let worker = Worker {
      var terminal = terminal
      while let pieces = work.receive(waiting: nil) {
        for piece in pieces {
          switch piece {
          case .output(let bytes): terminal.feed(bytes.span)
          case .resize(let columns, let rows): terminal.resize(columns: columns, rows: rows)
          }
        }
      }
      _ = result.send(terminal, weight: 1)
      result.close()
    }
    guard worker != nil else { return nil }
  }

  deinit { work.close() }

  func feed(_ bytes: [UInt8]) { _ = work.send(.output(bytes), weight: bytes.count) }

  func resize(columns: Int, rows: Int) {
    _ = work.send(.resize(columns: columns, rows: rows), weight: 64)
  }

  /// Waits until all is done, and gives the terminal.
  func finish() -> VirtualTerminal? {
    work.close()
    return result.receive(waiting: nil)?.first
  }
}
