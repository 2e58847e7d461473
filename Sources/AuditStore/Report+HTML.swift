internal import Platform
internal import SessionLog
internal import Text

extension Report {
  /// The report as one page that loads nothing and runs nothing.
  package func html() -> [UInt8] {
    let title = "\(Self.day(since)) to \(Self.day(until))"
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>Agent sessions, \(title)</title>
      <style>\(ReportStyle.sheet)</style>
      </head>
      <body>
      <main>
      \(header)
      \(numbers)
      \(checkTable)
      \(agentTable)
      \(notCovered)
      \(reproduction)
      \(findingList)
      \(sessionTable)
      </main>
      </body>
      </html>

      """
    return Array(page.source.utf8)
  }

  // MARK: the first page

  private var header: HTML {
    """
    <header>
    <div class="verdict \(attribute: outcome.rawValue)">
    <p class="word">\(outcome.word)</p>
    <p>\(outcome.sentence)</p>
    </div>
    <h1>Agent sessions</h1>
    <dl class="scope">
    <dt>Period</dt><dd><time>\(Self.moment(since))</time> up to, not including, <time>\(Self.moment(until))</time> (UTC)</dd>
    <dt>Store</dt><dd>\(recorded: origin), made \(recorded: created)</dd>
    <dt>As of</dt><dd>\(asOfText)</dd>
    <dt>Key</dt><dd><code>\(recorded: key)</code>, \(recorded: keyReason)</dd>
    </dl>
    </header>
    """
  }

  private var asOfText: HTML {
    guard let logSize, let logRoot else { return "no signed checkpoint could be read" }
    let newest: HTML = asOf.map { ", newest entry <time>\(Self.moment($0))</time>" } ?? ""
    return "log of \(logSize) entries\(newest), root <code>\(logRoot)</code>"
  }

  private var numbers: HTML {
    let events = sessions.reduce(UInt64(0)) { $0 &+ $1.tally.lines }
    let time = sessions.reduce(UInt64(0)) { $0 &+ $1.tally.lastTime }
    let bytes = sessions.reduce(UInt64(0)) { $0 &+ $1.tally.bytes }
    let denied = sessions.reduce(UInt64(0)) { $0 &+ $1.tally.denied }
    return """
      <ul class="numbers">
      <li><b>\(sessions.count)</b> sessions</li>
      <li><b>\(agents.count { !$0.isUnknown })</b> agents</li>
      <li><b>\(events)</b> events</li>
      <li><b>\(Self.duration(time))</b> recorded</li>
      <li><b>\(Self.size(bytes))</b> of events</li>
      <li><b>\(denied)</b> denied</li>
      </ul>
      """
  }

  private var checkTable: HTML {
    let rows = checks.map { check -> HTML in
      """
      <tr><td><span class="mark \(attribute: check.outcome.rawValue)">\(check.outcome.word)</span></td>\
      <td>\(check.question)<p class="remark">\(check.remark)</p></td>\
      <td class="n">\(check.population)</td><td class="n">\(check.violations)</td>\
      <td class="n">\(check.unknown)</td></tr>

      """
    }
    return """
      <section>
      <h2>Integrity, checked for this report</h2>
      <p>Every session of the period was read again, byte by byte, and held against the signed log. A check passes only where there is evidence for it.</p>
      <table>
      <thead><tr><th>Answer</th><th>Question</th><th class="n">Looked at</th><th class="n">Contradicted</th><th class="n">Cannot tell</th></tr></thead>
      <tbody>
      \(rows)</tbody>
      </table>
      </section>
      """
  }

  private var agentTable: HTML {
    guard !agents.isEmpty else {
      return """
        <section>
        <h2>Sessions by agent</h2>
        <p>No session started in this period. That is no proof that nothing happened.</p>
        </section>
        """
    }
    let rows = agents.map { agent -> HTML in
      let name: HTML =
        agent.isUnknown
        ? "<i>cannot be read</i>"
        : "\(recorded: agent.uid)<p class=\"remark\">\(recorded: agent.issuer)</p>"
      return """
        <tr><td>\(name)</td><td class="n">\(agent.sessions)</td><td class="n">\(agent.events)</td>\
        <td class="n">\(Self.duration(agent.microseconds))</td><td class="n">\(Self.size(agent.bytes))</td>\
        <td class="n">\(agent.denied)</td><td class="n">\(agent.gaps)</td>\
        <td class="n">\(agent.contradicted)</td></tr>

        """
    }
    return """
      <section>
      <h2>Sessions by agent</h2>
      <table>
      <thead><tr><th>Agent</th><th class="n">Sessions</th><th class="n">Events</th><th class="n">Time</th><th class="n">Bytes</th><th class="n">Denied</th><th class="n">Gaps</th><th class="n">Contradicted</th></tr></thead>
      <tbody>
      \(rows)</tbody>
      </table>
      </section>
      """
  }

  private var notCovered: HTML {
    var items: [HTML] = []
    func add(_ sessions: [ReportedSession], _ what: HTML) {
      guard !sessions.isEmpty else { return }
      let shown = sessions.prefix(12).map { session -> HTML in
        "<li><a href=\"#s-\(attribute: session.id)\"><code>\(session.id)</code></a></li>"
      }
      let rest = sessions.count - shown.count
      let more: HTML = rest > 0 ? "<li>and \(rest) more, listed below</li>" : ""
      items.append("<li>\(what): \(sessions.count)<ul class=\"ids\">\(shown)\(more)</ul></li>")
    }
    add(sessions.filter(\.isContradicted), "Sessions whose evidence is contradicted or missing")
    add(sessions.filter(\.isUnlogged), "Sessions that the log does not name")
    add(
      sessions.filter { $0.isOpen && !$0.isContradicted && !$0.isUnlogged },
      "Sessions not closed: only committed events are counted")
    add(
      sessions.filter { !$0.losses.isEmpty },
      "Sessions with losses that the recorder itself reported")
    if !strays.isEmpty {
      items.append("<li>Files in the store that are no session’s: \(strays.count)</li>")
    }
    if unsignedEntries > 0 {
      items.append("<li>Log entries beyond the signed ones, not believed: \(unsignedEntries)</li>")
    }
    items.append(
      "<li>Sessions of this store that started outside the period: \(outside)</li>")
    if otherSignatures > 0 {
      items.append(
        "<li>Signatures of others on the log’s checkpoint, not checked: \(otherSignatures)</li>")
    }
    for limit in limits { items.append("<li>\(limit)</li>") }
    return """
      <section>
      <h2>What this report does not cover</h2>
      <ul class="limits">
      \(items.map { "\($0)\n" as HTML })</ul>
      </section>
      """
  }

  private var reproduction: HTML {
    """
    <section>
    <h2>Make it again</h2>
    <pre>\(command)</pre>
    <p>Made by blackbox \(toolVersion). The same evidence and the same command give the same bytes. Each session can be checked without this program: its file is plain zstd and JSON, and the format is public.</p>
    </section>
    """
  }

  // MARK: the evidence

  private var findingList: HTML {
    var rows: [HTML] = logFindings.map { Self.row($0, session: nil) }
    for session in sessions {
      rows += session.verdict.findings.map { Self.row($0, session: session.id) }
    }
    guard !rows.isEmpty else { return "" }
    return """
      <section class="long">
      <h2>Findings</h2>
      <table>
      <thead><tr><th>Verdict</th><th>Where</th><th>Found</th><th>Wanted</th></tr></thead>
      <tbody>
      \(rows)</tbody>
      </table>
      </section>
      """
  }

  private static func row(_ finding: Finding, session: String?) -> HTML {
    let place: HTML =
      session.map { "<code class=\"id\">\(recorded: $0)</code>" }
      ?? "<code>\(recorded: finding.path)</code>"
    return """
      <tr><td><span class="mark fail">\(finding.verdict.rawValue)</span><p class="remark">\(finding.rule.rawValue)</p></td>\
      <td>\(place)<p class="remark">\(Self.place(finding))</p></td>\
      <td class="long">\(recorded: finding.found)</td><td class="long">\(recorded: finding.wanted)</td></tr>

      """
  }

  private static func place(_ finding: Finding) -> HTML {
    let offset: HTML = finding.offset.map { "byte \($0) " } ?? ""
    let line: HTML = finding.line.map { "line \($0)" } ?? ""
    return "\(offset)\(line)"
  }

  private var sessionTable: HTML {
    guard !sessions.isEmpty else { return "" }
    return """
      <section class="long">
      <h2>Every session counted here</h2>
      <p>Replay one with <code>blackbox replay ID</code>; check one with <code>blackbox verify ID</code>. The SHA-256 is that of the verified bytes of its file.</p>
      <table class="sessions">
      <thead><tr><th>Session</th><th>Agent, for whom, on what</th><th class="n">Events</th><th>Verdict</th></tr></thead>
      <tbody>
      \(sessions.map(\.row))</tbody>
      </table>
      </section>
      """
  }

  // MARK: small things

  static func day(_ time: Int64) -> String { Timestamp(microseconds: time).dateText }
  static func duration(_ microseconds: UInt64) -> String {
    DurationText.text(microseconds: Int64(clamping: microseconds))
  }
  static func size(_ bytes: UInt64) -> String { ByteCountText.text(Int64(clamping: bytes)) }
}

extension ReportedSession {
  fileprivate var row: HTML {
    let start = verdict.start
    let agent: HTML = start.map { "\(recorded: $0.agent.uid)" } ?? "<i>cannot be read</i>"
    let principal: HTML =
      start.map { $0.principal.map { "for \(recorded: $0.uid)" } ?? "for nobody stated" } ?? ""
    let resource: HTML =
      start?.resource.map { "on \(recorded: $0.uid) (\(recorded: $0.kind))" } ?? ""
    let kind: HTML = start.map { "\(recorded: $0.kind)" } ?? ""
    let class_: String = isContradicted ? "fail" : isUnlogged || isOpen ? "insufficient" : "pass"
    let facts = (facts + losses).joined(separator: ", ")
    let digest: HTML = verdict.sha256.map { "<code class=\"digest\">\($0.hex)</code>" } ?? ""
    // Of contradicted evidence nothing can be said to be out of anyone's reach.
    let loose: HTML =
      !verdict.isIntact || isPruned
      ? ""
      : verdict.lossWindow.first.map { "changeable unseen by \($0.who): \($0.what)" } ?? ""
    return """
      <tr id="s-\(attribute: id)"><td><code class="id">\(id)</code><p class="remark"><time>\(Report.moment(self.start))</time>, \(Report.duration(tally.lastTime))</p></td>\
      <td>\(agent) \(principal) \(resource)<p class="remark">\(kind)</p></td>\
      <td class="n">\(tally.lines)<p class="remark">\(Report.size(tally.bytes))</p></td>\
      <td><span class="mark \(attribute: class_)">\(word)</span><p class="remark">\(facts)</p></td></tr>
      <tr class="more"><td colspan="4">\(digest)<p class="remark">\(loose)</p></td></tr>

      """
  }
}

extension ReportCheck.Outcome {
  package var word: String {
    switch self {
    case .pass: "PASS"
    case .insufficient: "LACKS EVIDENCE"
    case .fail: "FAIL"
    }
  }

  package var sentence: String {
    switch self {
    case .pass: "All that the log names for this period is there, and nothing contradicts it."
    case .insufficient:
      "Nothing contradicts the evidence of this period, but some of it is not there."
    case .fail: "Some evidence of this period is contradicted or missing."
    }
  }
}

/// The page's look: readable on paper, by day and by night.
enum ReportStyle {
  static let sheet: HTML = """

    :root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5b636e;--line:#d8dde3;--card:#f5f7f9;
      --pass:#17692f;--passbg:#e2f4e7;--insufficient:#7a4b00;--insufficientbg:#fdf0d5;--fail:#a3141d;--failbg:#fde6e7}
    @media (prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e4e7eb;--dim:#9aa4b0;--line:#333a43;--card:#1d2127;
      --pass:#7fd69a;--passbg:#163322;--insufficient:#f0c36a;--insufficientbg:#3a2c0e;--fail:#ff9a9f;--failbg:#451a1d}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
    main{max-width:62rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
    h1{font-size:1.9rem;line-height:1.2;margin:0 0 .8rem}
    h2{font-size:1.15rem;margin:2.2rem 0 .5rem}
    p{margin:.3rem 0}
    code,pre{font:.86em/1.45 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;white-space:pre-wrap}
    header{border-bottom:1px solid var(--line);padding-bottom:1rem}
    .verdict{float:right;max-width:19rem;margin:0 0 1rem 1.5rem;padding:.8rem 1rem;border-radius:8px;border-left:5px solid}
    .verdict .word{font-weight:700;font-size:1.15rem;letter-spacing:.03em;margin:0}
    .verdict p{font-size:.9rem}
    .pass{color:var(--pass);background:var(--passbg)}
    .insufficient{color:var(--insufficient);background:var(--insufficientbg)}
    .fail{color:var(--fail);background:var(--failbg)}
    dl.scope{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:0}
    dl.scope dt{color:var(--dim)}
    dl.scope dd{margin:0;min-width:0;overflow-wrap:anywhere}
    ul.numbers{display:flex;flex-wrap:wrap;gap:.6rem;list-style:none;padding:0;margin:1.2rem 0 0}
    ul.numbers li{flex:1 1 8rem;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.6rem .8rem;color:var(--dim)}
    ul.numbers b{display:block;color:var(--fg);font-size:1.35rem;font-variant-numeric:tabular-nums}
    table{width:100%;border-collapse:collapse;margin-top:.6rem}
    th,td{text-align:left;vertical-align:top;padding:.45rem .6rem .45rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
    thead th{border-top:0;border-bottom:2px solid var(--line);color:var(--dim);font-weight:600;font-size:.85rem;overflow-wrap:normal}
    td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
    .remark{color:var(--dim);font-size:.85rem;margin:0}
    .mark{display:inline-block;white-space:nowrap;font-size:.75rem;font-weight:700;letter-spacing:.03em;padding:.1rem .45rem;border-radius:4px}
    .id{white-space:nowrap}
    tr.more td{border-top:0;padding-top:0;padding-bottom:.8rem}
    ul.limits{padding-left:1.2rem}
    ul.limits>li{margin:.35rem 0}
    ul.ids{display:flex;flex-wrap:wrap;gap:.1rem 1.2rem;list-style:none;padding:0}
    a{color:inherit}
    bdi{unicode-bidi:isolate}
    @media (max-width:40rem){section{overflow-x:auto}table{min-width:34rem}td,th{overflow-wrap:normal}.verdict{float:none;max-width:none;margin:0 0 1rem}}
    @media print{:root{--bg:#fff;--fg:#000;--dim:#444;--line:#bbb;--card:#fff;--pass:#17692f;--passbg:#fff;
      --insufficient:#7a4b00;--insufficientbg:#fff;--fail:#a3141d;--failbg:#fff}
      @page{margin:16mm 14mm}
      body{font-size:10pt}main{max-width:none;padding:0}
      .mark,.verdict{border:1px solid;border-left-width:4px}
      section.long{break-before:page}tr,li{break-inside:avoid}thead{display:table-header-group}h2{break-after:avoid}}

    """
}
