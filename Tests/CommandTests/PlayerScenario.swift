import Platform
import Replay
import SessionLog
import TestSupport

/// What a viewer does with the player, step by step, and the sessions it is done with.
enum PlayerScenario {
  /// Keys pressed at once, before the screen is looked at.
  struct Step: Sendable {
    enum Press: Sendable {
      case key(Key)
      /// Bytes as a keyboard or a mouse sends them.
      case text(String)
    }

    var name: String
    var presses: [Press]
  }

  struct Session: Sendable {
    var name: String
    var lines: [String]
    var kind: String
    var steps: [Step]
  }

  static let sessions = [terminal, database]

  // MARK: steps

  private static func key(_ letter: Unicode.Scalar) -> Key { .character(UInt8(ascii: letter)) }

  /// A step for each key; letters are keys of their own.
  private static func keys(_ text: String) -> [Step] {
    text.unicodeScalars.map { Step(name: String($0), presses: [.key(key($0))]) }
  }

  private static func step(_ name: String, _ keys: Key...) -> Step {
    Step(name: name, presses: keys.map { .key($0) })
  }

  private static func type(_ text: String, _ last: Key = .enter) -> Step {
    Step(name: text, presses: [.text(text), .key(last)])
  }

  /// A click or a notch of the wheel, by xterm's number of the button.
  private static func mouse(_ name: String, button: Int, row: Int, column: Int) -> Step {
    Step(name: name, presses: [.text("\u{1B}[<\(button);\(column + 1);\(row + 1)M")])
  }

  /// All of a session's steps in a window of a size.
  static func steps(_ session: Session, columns: Int, rows: Int) -> [Step] {
    let body = rows - (rows >= 18 ? 3 : 2)
    let pages = HelpScreen.pages(columns: columns, rows: body)
    return [step("?", key("?"))]
      + (1..<max(2, pages)).map { Step(name: "help, page \($0 + 1)", presses: [.key(key(" "))]) }
      + [step("esc", .escape), step("F1", .function(1)), step("esc", .escape)] + session.steps
  }

  private static let jumps: [Step] =
    keys("0123456789gG") + [
      step("home", .home), step("end", .end), step("g →", key("g"), .right), step("←", .left),
      step("shift-→", .shiftRight), step("shift-←", .shiftLeft), type(":12.5s"), type(":#7"),
      type(":50%"), type(":nonsense"), step(":", key(":")), step("esc", .escape),
      Step(name: ":next-de tab", presses: [.text(":next-de"), .key(.tab)]),
      Step(name: "nial enter", presses: [.text("nial"), .key(.enter)]),
    ]

  private static let search: [Step] =
    [step("g", key("g")), type("/two|three")] + keys("nnnNN") + [
      step("G", key("G")), type("\\one"), type("/("), type("/no such text"),
      step("/", key("/")), step("esc", .escape), step("esc", .escape),
    ]

  private static let playing: [Step] = [
    // Seconds, so that what plays at a tenth of the speed shows the same for a while.
    step("g t", key("g"), key("t")), step("<", key("<")),
    step("< < < <", key("<"), key("<"), key("<"), key("<")),
    step("space", key(" ")), step("space again", key(" ")), step(">", key(">")),
    step("=", key("=")), step("i", key("i")), step("i i", key("i"), key("i")),
    step("i i back", key("i"), key("i")), step("L", key("L")), step("L off", key("L")),
    step("F", key("F")), step("F off", key("F")), step("t", key("t")),
    type(":speed 2"), type(":idle 1.5"), type(":idle off"), type(":normal"),
  ]

  private static let steps: [Step] =
    keys("g..,sSsScCccpPppdDdaAaamMmuUux").map {
      Step(name: "step " + $0.name, presses: $0.presses)
    } + keys("Xx][]") + [step("G", key("G"))] + keys("PDAMUXSC[")

  private static let ending: [Step] = [
    step("o", key("o")), step("o on", key("o")),
    step("ctrl-l", .control(UInt8(ascii: "l"))), step("ctrl-z", .control(UInt8(ascii: "z"))),
  ]

  private static let panes: [Step] = [
    step("d", key("g"), key("d")), step("e", key("e")), step("tab", .tab), step("↑", .up),
    step("↓", .down), step("k", key("k")), step("j", key("j")), step("pgdn", .pageDown),
    step("pgup", .pageUp), step("ctrl-f", .control(UInt8(ascii: "f"))),
    step("ctrl-b", .control(UInt8(ascii: "b"))), step("l", key("l")), step("h", key("h")),
    step("E", key("E")), step("E off", key("E")), step("+", key("+")), step("-", key("-")),
    step("z", key("z")), step("z off", key("z")), step("enter", .enter),
    step("shift-tab", .backTab),
    step("enter again", .enter), step("↓ enter", .down, .down, .enter), step("f", key("f")),
    step("f open", key("f")),
    step("r", key("r")), step("r off", key("r")), step("esc", .escape), step("v", key("v")),
    step("e off", key("e")),
  ]

  private static let clicks: [Step] = [
    step("e", key("g"), key("e")),
    mouse("click 3, 5", button: 0, row: 3, column: 5),
    mouse("wheel", button: 65, row: 3, column: 5), mouse("wheel up", button: 64, row: 3, column: 5),
    mouse("click 9, 20", button: 0, row: 9, column: 20), step("e off", key("e")),
  ]

  // MARK: sessions

  private static let terminal = Session(
    name: "terminal",
    lines: [
      #"{"t":1000000,"type":"terminal.output","data":"\u001b[1;34m$\u001b[0m make one\r\n"}"#,
      #"{"t":1200000,"type":"terminal.command","text":"make one","exit_code":0}"#,
      #"{"t":1500000,"type":"policy.decision","subject":3,"rule":"build","outcome":"allow","enforced":true}"#,
      #"{"t":2000000,"type":"terminal.output","data":"cc -o one one.c\r\n\u001b[32mok\u001b[0m one\r\n"}"#,
      #"{"t":4000000,"type":"terminal.output","data":"\u001b[1;34m$\u001b[0m deploy two --to production 漢字 ✅\r\n"}"#,
      #"{"t":4100000,"type":"terminal.command","text":"deploy two --to production","exit_code":1}"#,
      #"{"t":4200000,"type":"policy.decision","subject":7,"rule":"no-deploy-on-friday","outcome":"block","enforced":true,"reason":"it is Friday","policy":{"name":"release","version":"3","digest":"00"}}"#,
      #"{"t":5000000,"type":"terminal.output","data":"two: refused\r\n"}"#,
      #"{"t":6000000,"type":"approval.request","approval":"a-1","action_digest":"00","need":1,"subject":7,"reason":"hotfix"}"#,
      #"{"t":20000000,"type":"approval.vote","approval":"a-1","approver":{"issuer":"x","uid":"bob","name":"Bob"},"verdict":"approve","channel":"web"}"#,
      #"{"t":20100000,"type":"approval.granted","approval":"a-1","decided_at":"2026-01-01T00:00:20Z"}"#,
      #"{"t":21000000,"type":"terminal.output","data":"three: token \u001b[8mnobody sees this\u001b[0m ****\r\n\u001b]52;c;cm0gLXJmIC8=\u0007"}"#,
      #"{"t":21000100,"type":"masking.applied","dir":"out","info_type":"token","method":"replace","found":1,"masked":1,"field":"*"}"#,
      #"{"t":30000000,"type":"recorder.gap","reason":"disk full","lost":"9 s of output"}"#,
      #"{"t":31000000,"type":"terminal.output","data":"\u001b[31mlast line of a wide screen, which goes on to column eighty and ends there: 01234\u001b[0m\r\n"}"#,
      #"{"t":35000000,"type":"marker.note","label":"deployed"}"#,
      #"{"t":40000000,"type":"session.end","reason":"client","exit_code":0}"#,
    ], kind: "terminal",
    steps: jumps + search + playing + steps + panes + clicks + ending)

  private static let database = Session(
    name: "database",
    lines: [
      #"{"t":1000000,"type":"database.connect","dbms":"postgresql","database":"orders","role":"agent_ro"}"#,
      #"{"t":2000000,"type":"database.query","dbms":"postgresql","text":"SELECT id, email, total\n  FROM invoices -- two\n WHERE month = $1","class":"READ","command":"SELECT","objects":[{"name":"public.invoices","access":"read"}],"params":1}"#,
      #"{"t":2100000,"type":"policy.decision","subject":3,"rule":"mask-email","outcome":"mask","enforced":true}"#,
      #"{"t":2200000,"type":"database.result","caused_by":3,"rows":3,"bytes":90,"dur_us":4200,"sample":[{"id":1041,"email":"***","total":99.5},{"id":7,"email":"***","total":1200},{"id":12,"email":"漢字","total":null}]}"#,
      #"{"t":2300000,"type":"masking.applied","subject":5,"dir":"out","info_type":"email","method":"replace","found":2,"masked":2,"object":"invoices","field":"email"}"#,
      #"{"t":9000000,"type":"database.query","dbms":"postgresql","text":"DELETE FROM invoices","class":"WRITE","command":"DELETE"}"#,
      #"{"t":9100000,"type":"policy.decision","subject":7,"rule":"no-bulk-delete","outcome":"block","enforced":true,"reason":"deletes without a key"}"#,
      #"{"t":12000000,"type":"database.query","dbms":"postgresql","text":"UPDATE invoices SET void = true WHERE id = 7 -- three","class":"WRITE","command":"UPDATE"}"#,
      #"{"t":12100000,"type":"policy.decision","subject":9,"rule":"writes","outcome":"hold","enforced":true,"approval":"a-9"}"#,
      #"{"t":12200000,"type":"approval.request","approval":"a-9","action_digest":"00","need":1,"subject":9,"risk":"medium","reason":"duplicate"}"#,
      #"{"t":25000000,"type":"approval.vote","approval":"a-9","approver":{"issuer":"x","uid":"bob","name":"Bob"},"verdict":"reject","channel":"chat","comment":"not one of ours"}"#,
      #"{"t":25100000,"type":"approval.rejected","approval":"a-9","decided_at":"2026-01-01T00:00:25Z"}"#,
      #"{"t":30000000,"type":"recorder.gap","reason":"gateway restarted"}"#,
      #"{"t":31000000,"type":"mcp.call","server":"files","method":"tools/call","name":"read_file","args":{"path":"/etc/motd","options":{"lines":[1,2],"deep":{"er":true}}}}"#,
      #"{"t":32000000,"type":"marker.note","label":"reviewed"}"#,
      #"{"t":40000000,"type":"session.end","reason":"client"}"#,
    ], kind: "database",
    steps: jumps + search + playing + steps + panes + clicks + ending)

  /// Every kind of colour and attribute, and what the player colours itself.
  static let colours = Session(
    name: "colours",
    lines: [
      #"{"t":1000000,"type":"terminal.output","data":"\u001b[31mone\u001b[92m bright \u001b[0;44m back \u001b[103m bright \u001b[0m\r\n"}"#,
      #"{"t":2000000,"type":"terminal.output","data":"\u001b[38;5;202mtwo\u001b[48;5;57m palette \u001b[38;5;9m ninth \u001b[0m\r\n"}"#,
      #"{"t":3000000,"type":"terminal.output","data":"\u001b[38;2;255;100;0mthree\u001b[0;48;2;1;2;3m direct \u001b[0m\r\n"}"#,
      #"{"t":3500000,"type":"terminal.output","data":"\u001b[1mbold\u001b[0;2mdim\u001b[0;3mitalic\u001b[0;4mline\u001b[0;5mblink\u001b[0;7minverse\u001b[0;8mhidden\u001b[0;9mstruck\u001b[0m\r\n"}"#,
      #"{"t":4000000,"type":"terminal.command","text":"drop two","exit_code":1}"#,
      #"{"t":4100000,"type":"policy.decision","subject":6,"rule":"no-drop","outcome":"block","enforced":true,"reason":"it is two"}"#,
      #"{"t":4200000,"type":"policy.decision","subject":6,"rule":"watch","outcome":"block","enforced":false}"#,
      #"{"t":5000000,"type":"approval.vote","approval":"a-1","approver":{"issuer":"x","uid":"bob","name":"Bob"},"verdict":"approve"}"#,
      #"{"t":6000000,"type":"masking.applied","dir":"out","info_type":"token","method":"replace","found":1,"masked":1}"#,
      #"{"t":7000000,"type":"marker.note","label":"seen"}"#,
      #"{"t":8000000,"type":"session.end","reason":"client","exit_code":0}"#,
    ], kind: "terminal", steps: [])

  /// A session file that is the same on every machine.
  static func file(_ session: Session) throws -> [UInt8] {
    var start = SessionStart(
      store: "golden.example/player",
      session: SessionID(milliseconds: 1_767_225_600_000, random: []),
      kind: session.kind, start: 1_767_225_600_000_000, bootID: "golden",
      agent: Identity(issuer: "https://id.example.com", uid: "release-bot"), after: (0, .zero))
    start.agent.model = "some-model-1"
    start.principal = Identity(issuer: "https://id.example.com", uid: "alice@example.com")
    start.resource = Resource(kind: session.kind, uid: "orders", environment: "production")
    if session.kind == "terminal" { (start.columns, start.rows) = (80, 24) }
    let salt =
      #"{"t":0,"type":"session.salt","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#
    return try SessionForge.lines([
      [start.line(), Array(salt.utf8)], session.lines.map { Array($0.utf8) },
    ])
    .make().bytes
  }
}
