/// A thing that should not be: how it is found, and what to do about it.
package struct Detection: Sendable {
  /// Short and stable: `D9`.
  package let id: String
  package let title: String
  /// OCSF severity_id, 1 to 6.
  package let severity: Int64
  /// OWASP's number in the agentic top ten, where one fits.
  package let owasp: String?
  package let explanation: String
  package let advice: String

  enum Logic: Sendable {
    /// Rows of `eid` (the event that shows it), `detail`, and `more` (further events' eids, parted
    /// by blanks, or NULL). Rows of one event are one finding. `:now` and `:window` are bound where
    /// they stand in it.
    case sql(StaticString)
    case residual
    case canaries
  }

  let logic: Logic

  init(
    _ id: String, _ title: String, severity: Int64, owasp: String?, explanation: String,
    advice: String, _ logic: Logic
  ) {
    (self.id, self.title, self.severity, self.owasp) = (id, title, severity, owasp)
    (self.explanation, self.advice, self.logic) = (explanation, advice, logic)
  }

  /// Those that run by themselves.
  package static let standard: [Detection] =
    policyRules + delegationRules + approvalRules + dataRules

  /// Those that need a baseline's length.
  package static let baselines: [Detection] = baselineRules

  package static var all: [Detection] { standard + baselines }

  package static func named(_ id: String) -> Detection? {
    all.first { $0.id == id.uppercased() }
  }
}
