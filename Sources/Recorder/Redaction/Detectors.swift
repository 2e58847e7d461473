/// What a kind of secret looks like.
package struct Detector: Sendable {
  /// How `masking.applied` and the replacement name it.
  package var name: String
  /// For the help.
  package var summary: String
  var pattern: ParsedPattern
  /// Bytes at the end of a match that are kept.
  var tail = 0
  var check: Check = .none
  /// A match has at most `Redactor.limit` bytes, and what could still become one is as good as one.
  var isBounded = false

  /// What a match must pass besides.
  enum Check: Sendable { case none, card }

  /// Detectors that are built in; the order decides between two that find the same text.
  package static let builtIn: [Detector] = written.map { entry in
    do throws(PatternFault) {
      var detector = Detector(
        name: entry.name, summary: entry.summary, pattern: try PatternParser.parse(entry.pattern))
      detector.tail = entry.tail
      detector.check = entry.check
      detector.isBounded = entry.isBounded
      return detector
    } catch {
      // A test parses each of them.
      preconditionFailure("detector \(entry.name): \(error)")
    }
  }

  private struct Written: Sendable {
    var name: String
    var summary: String
    var pattern: String
    var tail = 0
    var check = Check.none
    var isBounded = false
  }

  private static let key = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

  /// What stands behind the BEGIN line of a key, line by line (RFC 7468, RFC 1421 §4.6, RFC 4880 §6.2).
  ///
  /// Only the last line is shorter, but for the check sum of PGP. Line ends may be JSON's; lines may be indented, marked
  /// by `diff`, numbered, and coloured. Some variables hold a key in one line.
  private static let keyBody: String = {
    let colour = "\\x1B\\[[0-9;?]*[A-Za-z]"
    let digit = "(?:[A-Za-z0-9+/=]|\\\\/)"
    let gap = "(?:[ \\t]|\(colour))*"
    let mark = "(?:[>|+-]|\\d{1,6}[\\t :])?"
    let space = "(?:[ \\t\\r\\n]|\\\\+[nrt]|\(colour))*"
    let next = "\(gap)(?:[\\r\\n]|\\\\+[nr])\(space)\(mark)\(space)"
    let header = "\(next)[A-Z][A-Za-z0-9-]{0,40}:[^\\r\\n\\\\]{0,120}"
    let full = "\(next)\(digit){16,76}"
    let last = "(?:\(next)\(digit){1,76})?(?:\(next)=\(digit){4})?"
    let run = " *\(digit){16,}"
    let end = "-----END \(key)"
    return "(?:(?:\(header)){0,5}(?:(?:\(full))*\(last)(?:\(next)|\(gap))\(end)"
      + "|(?:\(full))+\(last))"
      + "|\(run)(?: \(digit){16,76})*(?:(?: +\(digit){1,76})? *\(end))?)?"
  }()

  /// The patterns, in the syntax of rules files.
  private static let written: [Written] = [
    // To the END line; where that is missing, as far as it has a key's form.
    Written(
      name: "private_key", summary: "private keys in PEM and PGP armour",
      pattern: "-----BEGIN \(key)\(keyBody)", isBounded: true),
    Written(
      name: "age_key", summary: "age identities",
      pattern: "\\bAGE-SECRET-KEY-1[A-Z0-9]{58}\\b"),
    Written(
      name: "jwt", summary: "JSON Web Tokens",
      pattern: "\\beyJ[A-Za-z0-9_-]{10,}\\.eyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]*"),
    Written(
      name: "aws_access_key", summary: "AWS access key ids",
      pattern: "\\b(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA|ANVA|AIPA)[A-Z2-7]{16}\\b"),
    Written(
      name: "aws_secret_key", summary: "AWS secret keys and session tokens, by their names",
      pattern: "(?i)aws_?(?:secret_?access_?key|session_?token)[\"']?\\s*[=:]\\s*[\"']?"
        + "\\K[A-Za-z0-9/+=]{40,}"),
    Written(
      name: "gcp_key", summary: "Google API keys, OAuth tokens and client secrets",
      pattern: "\\b(?:AIza[A-Za-z0-9_-]{35}|ya29\\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{28})"),
    Written(
      name: "azure_key", summary: "Azure storage keys, shared signatures and client secrets",
      pattern: "(?:(?:AccountKey|SharedAccessKey)=|[?&;]sig="
        + "|(?:AZURE_CLIENT_SECRET|azure_client_secret)[\"']?\\s*[=:]\\s*[\"']?)"
        + "\\K[A-Za-z0-9+/=%~._-]{32,}"),
    Written(
      name: "github_token", summary: "GitHub and GitLab tokens",
      pattern: "\\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"
        + "|glpat-[A-Za-z0-9_-]{20,})"),
    Written(
      name: "slack_token", summary: "Slack tokens and webhooks",
      pattern: "\\b(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\\d-[A-Za-z0-9-]{20,}"
        + "|hooks\\.slack\\.com/services/[A-Za-z0-9]{6,}/[A-Za-z0-9]{6,}/[A-Za-z0-9]{20,})"),
    Written(
      name: "api_key", summary: "keys of Anthropic, OpenAI, Stripe, npm, PyPI, Vault and others",
      pattern: "\\b(?:sk-[A-Za-z0-9_-]{20,}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"
        + "|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|dop_v1_[a-f0-9]{64}"
        + "|hv[sbr]\\.[A-Za-z0-9_-]{24,}|hf_[A-Za-z0-9]{30,}"
        + "|SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43})"),
    Written(
      name: "bearer", summary: "bearer tokens",
      pattern: "(?i)\\bbearer\\s+\\K[A-Za-z0-9._~+/=-]{16,}"),
    Written(
      name: "basic", summary: "basic credentials",
      pattern: "(?i)\\bauthorization[\"']?\\s*[=:]\\s*[\"']?basic\\s+\\K[A-Za-z0-9+/=_-]{6,}"),
    Written(
      name: "url_password", summary: "passwords in URLs",
      pattern: "://[^\\s:@/\"'<>]{0,64}:\\K[^\\s@/\"'<>]{1,256}@", tail: 1),
    Written(
      name: "card", summary: "payment card numbers: issuer, length and Luhn check",
      pattern: "\\b[2-68]\\d(?:[ -]?\\d){11,17}\\b", check: .card),
  ]
}
