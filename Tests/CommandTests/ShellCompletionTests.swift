import Testing

@testable import blackbox

/// The scripts in the shells that read them: what a user gets who presses TAB.
struct ShellCompletionTests {
  private static let verbs = Registry.verbs.map { $0.description }

  /// What is typed, and the word that it becomes or is offered.
  static let cases: [(typed: String, word: String)] = [
    ("blackbox sess", "sessions"), ("blackbox sessions --ha", "--has"),
    ("blackbox sessions -o ndj", "ndjson"), ("blackbox access --action query,ex", "query,export"),
    ("blackbox show @l", "@last"), ("blackbox show 01B", "01BBBBBBBBBBBBBBBBBBBBBBBB"),
    ("blackbox help acc", "access"), ("blackbox help replay", "replay"),
    ("blackbox access --since yest", "yesterday"),
  ]

  /// Stands in for the program where the scripts ask for sessions.
  private static let stub = "01AAAAAAAAAAAAAAAAAAAAAAAA 01BBBBBBBBBBBBBBBBBBBBBBBB"

  @Test func `bash offers it`() {
    for (typed, word) in Self.cases {
      let words = typed.split(separator: " ").joined(separator: " ")
      let script =
        "blackbox() { echo \(Self.stub); }\n" + Completion.bash(Self.verbs) + """
          COMP_WORDS=(\(words))
          COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
          _blackbox
          [[ " ${COMPREPLY[*]} " == *" \(word) "* ]]

          """
      #expect(Shell.run("bash --norc", input: script) == 0, "\(typed)")
    }
  }

  @Test func `fish offers it`() {
    guard Shell.run("command -v fish >/dev/null", input: "") == 0 else {
      return print("skipped: no fish here")
    }
    var script = Completion.fish(Self.verbs)
    script += "function blackbox; string split ' ' '\(Self.stub)'; end\n"
    for (typed, word) in Self.cases {
      script += "complete -C '\(typed)' | string split -f 1 \\t | string match -q -- '\(word)'"
      script += "; or begin; echo '\(typed)' >&2; exit 1; end\n"
    }
    // A verb's name that comes later is a word like any other.
    script +=
      "complete -C 'blackbox help replay --sp' | string match -q -- '--speed*'; and exit 2\n"
    script += "exit 0\n"
    #expect(Shell.run("fish --no-config /dev/stdin", input: script) == 0)
  }

  @Test func `zsh completes it`() {
    guard Shell.run("command -v zsh >/dev/null", input: "") == 0,
      Shell.run("zsh -fc 'zmodload zsh/zpty'", input: "") == 0
    else { return print("skipped: no zsh with zpty here") }
    // A second zsh on a terminal of its own: TAB completes, ^X shows the line as it is then.
    var script = """
      cat > $DIR/_blackbox <<'END_OF_SCRIPT'
      \(Completion.zsh(Self.verbs))END_OF_SCRIPT
      cat > $DIR/drive.zsh <<'END_OF_SCRIPT'
      zmodload zsh/zpty
      zpty z zsh -f -i
      zpty -w z 'PS1=; unsetopt PROMPT_SP; stty -echo; fpath=('$DIR' $fpath); autoload -U compinit'
      zpty -w z 'compinit -u -D; bindkey "^I" complete-word; blackbox() { print \(Self.stub) }'
      zpty -w z 'told() { print -r -- "<$BUFFER>" > '$DIR'/told; BUFFER= }; zle -N told'
      zpty -w z 'bindkey "^X" told; print -n > '$DIR'/ready'
      wait_for() { integer n=0; until [[ -e $1 ]]; do sleep 0.05; ((++n < 800)) || exit 3; done }
      wait_for $DIR/ready
      check() {
        rm -f $DIR/told
        zpty -w -n z "$1"$'\\t\\C-X'
        wait_for $DIR/told
        sleep 0.05
        local told=$(<$DIR/told)
        [[ $told == *" $2"*'>' ]] || { print -u2 -r -- "$1 became $told"; exit 1 }
      }

      """
    for (typed, word) in Self.cases { script += "check '\(typed)' '\(word)'\n" }
    script += "zpty -d z\nexit 0\nEND_OF_SCRIPT\n"
    script =
      "DIR=$(mktemp -d); export DIR; trap 'rm -rf $DIR' EXIT\n" + script
      + "timeout 120 zsh -f $DIR/drive.zsh\n"
    #expect(Shell.run("bash --norc", input: script) == 0)
  }

  @Test func `manual pages are clean roff and say what the help says`() throws {
    let pages =
      [("blackbox", ManPage.overview(Self.verbs))]
      + Self.verbs.map { ("blackbox-" + $0.name, ManPage.verb($0)) }
    for (name, page) in pages {
      let isPlain = page.utf8.allSatisfy { $0 < 0x80 }
      #expect(isPlain, "\(name)")
      #expect(page.contains(".TH ") && page.contains(".SH NAME\n"))
      for line in page.split(separator: "\n") where line.hasPrefix("'") || line.hasPrefix(".") {
        let requests = [".TH", ".SH", ".TP", ".PP", ".B", ".I", ".BR", ".RI", ".IR", ".nf", ".fi"]
        let word = String(line.prefix { $0 != " " })
        let isKnown = (requests + [".nh", ".ad", ".\\\""]).contains(word)
        #expect(isKnown, "\(name): \(line)")
      }
    }
    for verb in Self.verbs {
      let page = ManPage.verb(verb)
      for option in verb.allOptions {
        #expect(page.contains("\\-\\-\(ManPage.escaped(option.name))"), "\(verb.name)")
      }
      for example in verb.examples {
        #expect(page.contains(ManPage.escaped(example.arguments)), "\(verb.name)")
      }
    }
    guard Shell.run("command -v groff >/dev/null", input: "") == 0 else {
      return print("skipped: no groff here")
    }
    let all = pages.map(\.1).joined()
    let check = "test -z \"$(groff -man -ww -Tutf8 2>&1 >/dev/null)\""
    #expect(Shell.run(check, input: all) == 0)
    #expect(ManPage.escaped(".x\\y-'z\n—") == "\\&.x\\ey\\-\\(aqz \\[u2014]")
  }
}
