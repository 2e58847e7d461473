internal import Platform
internal import SessionLog

/// Reads a recording on a thread of its own, verified and scouted, for a stage that takes what there is.
///
/// It runs ahead of its stage by a bounded amount, and ends when nobody listens any more.
final class Loader: Sendable {
  private enum News: Sendable {
    case growth(Growth)
    case failed(SessionLogFailure)
  }

  private static let ahead = 16 << 20

  private let news: Mailbox<News>

  /// Nil where the system has no thread to give.
  ///
  /// `follows`: a session that is still written is looked at again, until it is closed or nobody listens.
  init?(_ source: RecordingSource, follows: Bool, _ store: TextStore? = nil) {
    let news = Mailbox<News>(capacity: Self.ahead)
    self.news = news
    let worker = Worker { Self.read(source, follows, store, into: news) }
    guard worker != nil else { return nil }
  }

  deinit { news.close() }

  private static func read(
    _ source: RecordingSource, _ follows: Bool, _ store: TextStore?, into news: Mailbox<News>
  ) {
    do throws(SessionLogFailure) {
      let reader = try source.reader()
      var scout: Scout?
      var kept = DecodedBatch(index: -1)
      var isOver = false
      while !isOver {
        var growth = try reader.next(keeping: &kept) { event, kind, line, header in
          if scout == nil { scout = Scout(reader.facts.start, store) }
          return scout?.take(event, kind, line, header) ?? false
        }
        scout?.yield(into: &growth)
        growth.isFollowed = follows && growth.mayGoOn
        isOver = growth.isLast && !growth.isFollowed
        guard news.send(.growth(growth), weight: growth.weight) else { return }
        if growth.isFollowed {
          guard try reader.awaitMore(while: { !news.isOver }) else { return }
        }
      }
    } catch {
      _ = news.send(.failed(error), weight: 1)
    }
    news.close()
  }

  /// What was read since the last time, waiting at most so many microseconds for some of it.
  func take(waiting wait: UInt64) throws(SessionLogFailure) -> [Growth] {
    var growths: [Growth] = []
    for piece in news.receive(waiting: wait) ?? [] {
      switch piece {
      case .growth(let growth): growths.append(growth)
      case .failed(let failure): throw failure
      }
    }
    return growths
  }
}
