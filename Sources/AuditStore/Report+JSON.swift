internal import Platform
internal import SessionLog
internal import Text

extension Report {
  /// The report as data; the page shows the same.
  package func json() -> [UInt8] {
    var json = JSONText(.pretty)
    json.object { json in write(to: &json) }
    return json.bytes + [0x0A]
  }

  private func write(to json: inout JSONText) {
    json.field("report", "blackbox/report/v1")
    json.field("outcome", outcome.rawValue)
    json.object("period") { json in
      json.field("since", Self.moment(since))
      json.field("until", Self.moment(until))
    }
    json.object("store") { json in
      json.field("origin", origin)
      json.field("created", created)
      json.field("key", key)
      json.field("key_believed", keyReason)
    }
    json.object("as_of") { json in
      json.field("log_size", logSize)
      json.field("log_root", logRoot)
      json.field("newest_leaf", asOf.map(Self.moment))
      json.field("unsigned_entries", unsignedEntries)
      json.field("compared_with_guard", hasGuard)
      json.field("witnessed", false)
      json.field("signatures_not_checked", otherSignatures)
    }
    json.array("checks") { json in
      for check in checks {
        json.object { json in
          json.field("id", check.id)
          json.field("question", check.question)
          json.field("outcome", check.outcome.rawValue)
          json.field("population", check.population)
          json.field("violations", check.violations)
          json.field("unknown", check.unknown)
          json.field("remark", check.remark)
        }
      }
    }
    json.array("agents") { json in
      for agent in agents {
        json.object { json in
          if agent.isUnknown { json.null("uid") } else { json.field("uid", agent.uid) }
          json.field("issuer", agent.issuer)
          json.field("sessions", agent.sessions)
          json.field("events", agent.events)
          json.field("duration_us", agent.microseconds)
          json.field("bytes", agent.bytes)
          json.field("denied", agent.denied)
          json.field("masked", agent.masked)
          json.field("gaps", agent.gaps)
          json.field("contradicted", agent.contradicted)
        }
      }
    }
    json.array("sessions") { json in
      for session in sessions { json.object { json in session.write(to: &json) } }
    }
    json.array("log_findings") { json in
      for finding in logFindings { json.object { json in finding.write(to: &json) } }
    }
    json.object("not_covered") { json in
      json.field("started_outside_the_period", outside)
      json.field("stray_files", strays)
      json.field("limits", limits)
    }
    json.field("reproduce", command)
    json.field("tool", "blackbox \(toolVersion)")
  }

  static func moment(_ time: Int64) -> String { Timestamp(microseconds: time).text(.milliseconds) }

  /// What no report of this kind can say, as sentences.
  var limits: [String] {
    [
      "UNWITNESSED: no witness's signature on the log was checked for this report. Whoever holds "
        + "the log's key could have signed another history, unless somebody outside kept a "
        + "checkpoint of this one.",
      "What could have been changed unseen: by who can write the disk, what the log does not cover "
        + "yet (TAIL); by who has the log's key, all that no checkpoint kept outside covers; by "
        + "anyone else, nothing.",
      "The recorder saw what passed through it, and nothing else: what an agent did on another "
        + "path, or what a system did by itself, is not here.",
      "Times are this machine's clock as recorded, in UTC; nobody outside has confirmed them.",
      "Sessions count where they started. One that started before the period and ended within is "
        + "not in it.",
      "Policy decisions, approvals and masking are counted where the gateway recorded them; "
        + "whether they were right is not judged here.",
    ]
  }
}

extension ReportedSession {
  func write(to json: inout JSONText) {
    json.field("id", id)
    json.field("verdict", word)
    json.field("facts", facts)
    json.field("losses", losses)
    json.field("start", Report.moment(start))
    json.field("duration_us", tally.lastTime)
    if let agent = verdict.start?.agent {
      json.object("agent") { json in agent.write(to: &json) }
    } else {
      json.null("agent")
    }
    if let principal = verdict.start?.principal {
      json.object("principal") { json in principal.write(to: &json) }
    } else {
      json.null("principal")
    }
    if let resource = verdict.start?.resource {
      json.object("resource") { json in
        json.field("kind", resource.kind)
        json.field("uid", resource.uid)
        json.field(ifPresent: "env", resource.environment)
      }
    } else {
      json.null("resource")
    }
    json.field("kind", verdict.start?.kind)
    json.field("events", tally.lines)
    json.field("bytes", tally.bytes)
    json.field("denied", tally.denied)
    json.field("masked", tally.masked)
    json.field("end_reason", verdict.endReason)
    json.field("exit", verdict.exitCode)
    json.field("verified_bytes", verdict.bytes)
    json.field("sha256", verdict.sha256?.hex)
    json.field("root", verdict.root?.hex)
    json.field("open_leaf", verdict.openLeaf)
    json.field("last_leaf", verdict.lastLeaf)
    json.object("loss_window") { json in
      for (who, what) in verdict.lossWindow { json.field(who, what) }
    }
    json.array("findings") { json in
      for finding in verdict.findings { json.object { json in finding.write(to: &json) } }
    }
  }
}
