import Testing

/// A real program, what is typed into it, and what of it is compared.
struct OracleProgram: Sendable, CustomTestStringConvertible {
  enum Act: Sendable {
    /// Until the screen shows a text.
    case wait(String)
    /// Keys by tmux's names; anything else is typed. Then until the screen stays as it is.
    case type([String])

    static func keys(_ keys: String...) -> Act { .type(keys) }
  }

  var name: String
  /// Beside the first word of the command.
  var needs: [String] = []
  /// Run by bash in a directory with the files of `preparation`.
  var command: String
  var acts: [Act] = []
  /// Nil where tmux keeps other lines above the screen than xterm does, and why.
  var scrollbackDiffers: String?

  /// Into how many parts the output is cut for looking at.
  var places = 4

  var testDescription: String { name }

  /// One of those that every run of the tests looks at.
  var isQuick: Bool {
    [
      "vim", "nano", "less", "htop", "top", "tmux in tmux", "bash with line editing",
      "python3 REPL", "ls --color", "git log", "git diff", "a progress bar", "a flood",
      "cat, wide characters", "curses", "tput",
    ].contains(name)
  }

  static func isKeyName(_ key: String) -> Bool {
    let names = [
      "Enter", "Escape", "Tab", "BSpace", "Space", "Up", "Down", "Left", "Right", "Home",
      "End", "PPage", "NPage", "DC", "IC", "BTab",
    ]
    if names.contains(key) { return true }
    if key.hasPrefix("C-") || key.hasPrefix("M-"), key.count == 3 { return true }
    return key.first == "F" && (2...3).contains(key.count) && key.dropFirst().allSatisfy(\.isNumber)
  }

  /// tmux moves what ED 2 clears into its history; xterm and this emulator do not.
  private static let clears = "tmux keeps what ED 2 clears"

  /// Makes the files the programs work on.
  static let preparation = #"""
    mkdir -p work && cd work || exit 1
    for i in $(seq 1 300); do echo "line $i of a file, long enough to be seen: $((i * 7919))"; done > file.txt
    for i in $(seq 1 20); do printf 'very long line %d ' $i; printf '=%.0s' $(seq 1 150); echo; done > long.txt
    printf '%s\n' '日本語のテキスト' '한국어 텍스트' 'naïve café — “quoted”' 'e\u0301 combining' \
      'ｆｕｌｌｗｉｄｔｈ' 'box ┌─┬─┐ │ █▓▒░' 'Ελληνικά кириллица' 'tab	stop	here' > wide.txt
    printf '#include <stdio.h>\n/* says hello */\nint main(void) {\n  for (int i = 0; i < 10; i++) {\n    printf("hello %%d\\n", i); // again\n  }\n  return 0;\n}\n' > code.c
    sed 's/hello/goodbye/; s/10/20/' code.c > other.c
    """#

  static let repository = #"""
    cd work && git init -q -b main . 2>/dev/null
    git config user.name Tester; git config user.email t@example.com; git config color.ui always
    git add code.c && git commit -q -m 'A first commit'
    for i in 1 2 3 4 5 6; do
      echo "change $i" >> log.txt; sed -i "s/again.*/again $i/" code.c
      git add . && git commit -q -m "Change number $i" -m "With a body that says why, of change $i."
    done
    sed -i 's/hello/goodbye/' code.c
    """#

  static let all: [OracleProgram] = [
    // Editors.
    OracleProgram(
      name: "vim", command: "vim -N -u NONE -c 'syntax on' code.c",
      acts: [
        .wait("stdio"), .keys("4G", "o", "int added;", "Escape"), .keys(":set number", "Enter"),
        .keys(":vsplit file.txt", "Enter"), .keys("C-f"), .keys("/line 200", "Enter"),
        .keys("dd", "p", "u"), .keys(":split wide.txt", "Enter"), .keys("C-b"), .keys("v", "3j"),
        .keys("Escape", ":qa!", "Enter"),
      ], scrollbackDiffers: clears),
    OracleProgram(
      name: "vim -d", needs: ["diff"], command: "vim -N -u NONE -d code.c other.c",
      acts: [.wait("goodbye"), .keys("]c"), .keys("do"), .keys(":qa!", "Enter")],
      scrollbackDiffers: clears),
    OracleProgram(
      name: "vim, long lines and :terminal", command: "vim -N -u NONE long.txt",
      acts: [
        .wait("very long"), .keys(":set nowrap", "Enter"), .keys("50l"), .keys("zl", "zl"),
        .keys(":terminal ls", "Enter"), .wait("code.c"), .keys("Escape", ":qa!", "Enter"),
      ], scrollbackDiffers: clears),
    OracleProgram(
      name: "nano", command: "nano file.txt",
      acts: [.wait("line 1 "), .keys("NPage"), .keys("typed"), .keys("C-k"), .keys("C-x", "n")],
      scrollbackDiffers: clears),
    OracleProgram(
      name: "ed", command: "ed -p '> ' code.c",
      acts: [
        .wait(">"), .keys("1,$n", "Enter"), .keys("3s/main/start/", "Enter", ",p", "Enter"),
        .keys("Q", "Enter"),
      ]),
    // Pagers.
    OracleProgram(
      name: "less", command: "less file.txt",
      acts: [
        .wait("line 1 "), .keys("Space"), .keys("/line 100", "Enter"), .keys("G"), .keys("b"),
        .keys("k", "k", "k"), .keys("g"), .keys("h"), .keys("q", "q"),
      ], scrollbackDiffers: clears),
    OracleProgram(
      name: "less -NS", command: "less -N -S long.txt",
      acts: [.wait("very long"), .keys("Right"), .keys("j", "j"), .keys("Left"), .keys("q")],
      scrollbackDiffers: clears),
    OracleProgram(
      name: "less -X", command: "less -X wide.txt file.txt",
      acts: [.wait("한국어"), .keys(":n", "Enter"), .keys("Space"), .keys("q")]),
    OracleProgram(
      name: "more", command: "more file.txt",
      acts: [.wait("More"), .keys("Space"), .keys("Enter"), .keys("q")]),
    OracleProgram(
      name: "man", needs: ["less"], command: "man -P less man || less /etc/passwd",
      acts: [.keys("Space"), .keys("/a", "Enter"), .keys("q")], scrollbackDiffers: clears),
    // Monitors.
    OracleProgram(
      name: "htop", command: "htop -d 5",
      acts: [
        .wait("PID"), .keys("Down", "Down"), .keys("F5"), .keys("F2"), .keys("Down"),
        .keys("Escape"), .keys("F6"), .keys("Escape"), .keys("q"),
      ], scrollbackDiffers: clears),
    OracleProgram(
      name: "top", command: "top -d 0.5",
      acts: [.wait("PID"), .keys("c"), .keys("1"), .keys("z"), .keys("x"), .keys("q")],
      scrollbackDiffers: clears),
    OracleProgram(
      name: "watch", command: "watch -n 0.3 -d 'date +%N; ls -l'",
      acts: [.wait("code.c"), .keys(), .keys(), .keys("C-c")], scrollbackDiffers: clears),
    OracleProgram(name: "vmstat", command: "vmstat 1 1; free -h; df -h"),
    OracleProgram(name: "ps", command: "ps auxf; ps -eo pid,comm,args --forest | head -50"),
    // Multiplexers and recorders.
    OracleProgram(
      name: "tmux in tmux",
      command: "env -u TMUX tmux -L inner -f /dev/null new-session 'bash --norc'",
      acts: [
        .wait("bash-"), .keys("C-b", "%"), .keys("seq 1 40", "Enter"), .keys("C-b", "\""),
        .keys("cat wide.txt", "Enter"), .keys("C-b", "o"), .keys("ls --color=always", "Enter"),
        .keys("C-b", "["), .keys("PPage"), .keys("q"), .keys("C-b", "z"), .keys("C-b", "z"),
        .keys("C-b", ":", "kill-server", "Enter"),
      ], scrollbackDiffers: clears),
    OracleProgram(
      name: "script",
      command: "script -q -c 'ls --color=always; tput setaf 3; echo in colour' /dev/null"),
    // Shells and prompts.
    OracleProgram(
      name: "bash with line editing", command: "bash --norc",
      acts: [
        .wait("bash-"), .keys("echo hello world"), .keys("Left", "Left", "Left", "Left", "Left"),
        .keys("big ", "C-a", "C-e", "C-w", "C-y"), .keys("Enter"), .keys("Up", "C-a", "M-f", "M-d"),
        .keys("Enter"), .keys("C-r", "hel"), .keys("C-g"), .keys("ls f", "Tab"), .keys("Enter"),
        .keys(
          "echo a line so long that it has to be wrapped by the line editor of this very shell, and "
        ),
        .keys("then some more", "C-a"), .keys("C-d", "C-d", "x"), .keys("C-e", "BSpace", "BSpace"),
        .keys("C-a", "C-k"), .keys("C-l"), .keys("echo 日本語", "Left", "BSpace"), .keys("Enter"),
        .keys("exit", "Enter"),
      ], scrollbackDiffers: clears),
    OracleProgram(
      name: "bash menus",
      command:
        "PS3='which? '; select a in one two three four; do echo \"$a\"; [[ $a ]] && break; done; read -p 'name: ' -e n; read -s -p 'secret: ' s; echo; echo \"$n\"",
      acts: [
        .wait("which"), .keys("9", "Enter"), .keys("2", "Enter"), .wait("name"),
        .keys("someone", "C-a", "C-d", "Enter"), .keys("hidden", "Enter"),
      ]),
    OracleProgram(
      name: "python3 REPL", command: "python3 -q",
      acts: [
        .wait(">>>"), .keys("1 + 1", "Enter"), .keys("for i in range(3):", "Enter"),
        .keys("  print('x' * 50 * i)", "Enter", "Enter"), .keys("Up", "Up", "C-c"),
        .keys("1/0", "Enter"), .keys("help(len)", "Enter"), .keys("q"), .keys("exit()", "Enter"),
      ], scrollbackDiffers: clears),
    OracleProgram(
      name: "sqlite3", command: "sqlite3 -box",
      acts: [
        .wait("sqlite>"), .keys("create table t(a, b);", "Enter"),
        .keys("insert into t values (1, '日本'), (2, 'two');", "Enter"),
        .keys("select * from t;", "Enter"), .keys(".quit", "Enter"),
      ]),
    OracleProgram(
      name: "bc", command: "bc -q",
      acts: [.keys("2^200", "Enter"), .keys("scale=60; 1/7", "Enter"), .keys("quit", "Enter")]),
    OracleProgram(
      name: "gdb", command: "gdb -q -nx",
      acts: [
        .wait("(gdb)"), .keys("help info", "Enter"), .keys("c"), .keys("q"),
        .keys("print 6*7", "Enter"), .keys("quit", "Enter"),
      ]),
    OracleProgram(
      name: "node REPL", command: "node",
      acts: [
        .wait(">"), .keys("[1,2,3].map(x => x * 2)", "Enter"), .keys("Mat", "Tab"),
        .keys("C-c"), .keys(".exit", "Enter"),
      ]),
    OracleProgram(
      name: "perl debugger", command: "perl -de 1",
      acts: [.wait("DB<1>"), .keys("p 6*7", "Enter"), .keys("q", "Enter")]),
    // What prints and ends.
    OracleProgram(
      name: "ls --color",
      command: "ls --color=always -la /etc /usr/bin | tail -300; ls --color=always -C /etc"),
    OracleProgram(
      name: "grep --color", command: "grep --color=always -rn line file.txt | head -60"),
    OracleProgram(name: "cat, wide characters", command: "cat wide.txt; paste wide.txt wide.txt"),
    OracleProgram(
      name: "hexdump", command: "hexdump -C /bin/true | head -60; od -c /bin/true | head -20"),
    OracleProgram(
      name: "diff --color", command: "diff --color=always -u code.c other.c; diff -y code.c other.c"
    ),
    OracleProgram(
      name: "jq", command: "echo '{\"a\":[1,2,{\"b\":null,\"c\":\"日本\"}],\"d\":true}' | jq -C ."),
    OracleProgram(name: "column", command: "column -t -s: /etc/passwd; column -c 78 /etc/group"),
    OracleProgram(name: "stty", command: "stty -a; tput cols; tput lines"),
    OracleProgram(
      name: "make",
      command: "printf 'all: a b\\na b:\\n\\t@echo making $@; sleep 0.01\\n' | make -j2 -f -"),
    OracleProgram(
      name: "a flood", command: "seq -f 'line %.0f of the flood, and a little more' 1 100000",
      places: 1),
    OracleProgram(
      name: "long lines that wrap", command: "cat long.txt; echo; fold -w 200 file.txt"),
    // git.
    OracleProgram(
      name: "git log", needs: ["git", "less"], command: "git log --graph --stat -p",
      acts: [
        .wait("commit"), .keys("Space"), .keys("Space"), .keys("/number 2", "Enter"), .keys("q"),
      ],
      scrollbackDiffers: clears),
    OracleProgram(
      name: "git diff", needs: ["git", "less"],
      command: "git diff --word-diff HEAD~3; git diff | cat; git status",
      acts: [.keys("q")], scrollbackDiffers: clears),
    OracleProgram(
      name: "git add -p", needs: ["git"], command: "git add -p",
      acts: [.wait("Stage"), .keys("?", "Enter"), .keys("y", "Enter")]),
    OracleProgram(
      name: "git show", needs: ["git"],
      command: "git --no-pager show --stat; git --no-pager log --oneline --decorate --all"),
    // Progress.
    OracleProgram(
      name: "a progress bar",
      command:
        "for i in {1..100}; do printf '\\r%3d%% [%-50s]' $i \"$(printf '#%.0s' $(seq $((i / 2))))\"; done; echo; echo done"
    ),
    OracleProgram(
      name: "progress of many lines",
      command:
        "printf '\\n\\n\\n\\n'; for i in {1..40}; do printf '\\033[4A'; for j in 1 2 3 4; do printf '\\033[2K\\rlayer %d: %d%%\\n' $j $((i * j / 2)); done; done"
    ),
    OracleProgram(
      name: "curl",
      command: "curl -# -o /dev/null file:///bin/bash; curl -o /dev/null file:///bin/bash"),
    OracleProgram(
      name: "dd", needs: ["dd"],
      command: "dd if=/dev/zero of=/dev/null bs=1M count=200 status=progress"),
    OracleProgram(
      name: "zstd", command: "cat /bin/bash /bin/bash > big; zstd -19 -f big; rm -f big big.zst"),
    // Drawing by hand.
    OracleProgram(
      name: "tput",
      command:
        "tput smcup; tput cup 5 10; tput setaf 2; echo green; tput rev; tput cup 20 70; printf 'a line that wraps at the edge'; tput el; tput csr 3 10; tput cup 10 0; printf '\\n\\n'; tput ri; tput cup 3 0; tput il 2; tput dl 1; tput ich 3; tput ech 5; sleep 0.2; tput rmcup; tput sgr0",
      scrollbackDiffers: clears),
    OracleProgram(
      name: "clear and reset",
      command: "seq 1 50; clear; echo after; tput reset; echo again; printf '\\033c'; echo last",
      scrollbackDiffers: clears),
    OracleProgram(
      name: "line drawing",
      command:
        "tput smacs; printf 'lqqqwqqqk\\nx   x   x\\nmqqqvqqqj\\n'; tput rmacs; printf '\\033#8'; sleep 0.1; printf '\\033[2J\\033[H\\033[1;4;9;38;5;208mstyled\\033[0m\\033[5b\\n\\tx\\033[Zy\\n'",
      scrollbackDiffers: clears),
    OracleProgram(
      name: "curses", needs: ["/usr/bin/python3"], command: curses,
      acts: [.wait("window"), .keys("a"), .keys("Up"), .keys("q")], scrollbackDiffers: clears),
  ]

  private static let curses = #"""
    exec /usr/bin/python3 -c '
    import curses, locale
    locale.setlocale(locale.LC_ALL, "")
    def main(s):
        curses.start_color(); curses.use_default_colors(); curses.curs_set(0)
        for i in range(1, 16): curses.init_pair(i, i, -1)
        n = 0
        while True:
            s.erase(); s.border()
            for i in range(1, 16): s.addstr(i, 2 + i, "row %d step %d 日本" % (i, n), curses.color_pair(i) | (curses.A_BOLD if i % 2 else curses.A_REVERSE))
            w = s.subwin(8, 30, 8, 40); w.erase(); w.box(); w.addstr(1, 1, "a window"); w.scrollok(True)
            s.refresh(); w.refresh()
            if s.getch() == ord("q"): break
            n += 1
    curses.wrapper(main)
    '
    """#
}
