package import Platform
package import SessionLog

/// Why a file did not become a session.
package enum ImportFailure: Error, Sendable {
  /// It is not what it claims to be, or none of its bytes could be read as its format.
  case unreadable(Refusal)
  /// The source could not be read from the disk.
  case source(FileFailure)
  /// The store could not take it; a session that was begun is closed or left to `recover`.
  case log(SessionLogFailure)

  /// What is wrong with a source, and what to do.
  package struct Refusal: Sendable, Equatable {
    package var what: String
    package var place: String
    package var found: String?
    package var wanted: String?
    package var advice: String?

    init(
      _ what: String, _ place: String, found: String? = nil, wanted: String? = nil,
      advice: String? = nil
    ) {
      self.what = what
      self.place = place
      self.found = found
      self.wanted = wanted
      self.advice = advice
    }
  }

  static func refuse(
    _ what: String, _ place: String, found: String? = nil, wanted: String? = nil,
    advice: String? = nil
  ) -> ImportFailure {
    .unreadable(Refusal(what, place, found: found, wanted: wanted, advice: advice))
  }
}

/// Runs file operations and turns their failures into this module's.
func reading<R: ~Copyable>(_ body: () throws(FileFailure) -> R) throws(ImportFailure) -> R {
  do { return try body() } catch { throw .source(error) }
}

/// Runs the session log and turns its failures into this module's.
func recording<R: ~Copyable>(_ body: () throws(SessionLogFailure) -> R)
  throws(ImportFailure) -> R
{
  do { return try body() } catch { throw .log(error) }
}
