internal import Glibc
import Testing
import Text

@testable import blackbox

/// What must hold for every verb there is.
struct RegistryTests {
  private static let descriptions =
    Registry.verbs.map { $0.description } + [
      Sample.description, Sample.recording,
    ]

  @Test func `no two verbs have one name`() {
    #expect(Set(Registry.names).count == Registry.names.count)
  }

  @Test(arguments: descriptions.indices)
  func `a description is consistent`(index: Int) {
    let verb = Self.descriptions[index]
    let names = verb.allOptions.map(\.name)
    #expect(Set(names).count == names.count, "option names of \(verb.name) are unique")
    let shorts = verb.allOptions.compactMap(\.short)
    #expect(Set(shorts).count == shorts.count, "short options of \(verb.name) are unique")
    #expect(!verb.summary.hasSuffix(".") && !verb.summary.isEmpty)
    for option in verb.allOptions { #expect(!option.help.isEmpty) }
    for (place, operand) in verb.operands.enumerated() {
      #expect(!operand.isRepeated || place == verb.operands.count - 1)
      #expect(operand.name == operand.name.uppercased())
    }
  }

  @Test(arguments: descriptions.indices)
  func `every example can be parsed`(index: Int) throws {
    let verb = Self.descriptions[index]
    for example in verb.examples {
      let words = Shell.words(example.arguments)
      try #require(words.first == verb.name, "\(example.arguments)")
      _ = try ArgumentParser.parse(
        Array(words.dropFirst()), as: verb, environment: Environment(["HOME": "/h"]),
        now: Sample.now)
    }
  }

  @Test(arguments: descriptions.indices)
  func `help names every option and fits a hundred columns`(index: Int) throws {
    let verb = Self.descriptions[index]
    var io = Output(environment: Environment([:]), target: .memory)
    try Help.verb(verb, to: &io)
    let text = io.captured.results
    for option in verb.allOptions { #expect(text.contains("--" + option.name)) }
    for operand in verb.operands { #expect(text.contains(operand.name)) }
    for line in text.split(separator: "\n") where !line.hasPrefix("  blackbox ") {
      #expect(DisplayWidth.of(String(line)) <= 100, "\(line)")
    }
  }

  @Test func `the overview names every verb`() throws {
    var io = Output(environment: Environment([:]), target: .memory)
    try Help.overview(to: &io)
    for name in Registry.names { #expect(io.captured.results.contains("  \(name)  ")) }
  }

  @Test func `the scripts of all shells name every verb and option`() {
    for script in [
      Completion.bash(Self.descriptions), Completion.zsh(Self.descriptions),
      Completion.fish(Self.descriptions),
    ] {
      for verb in Self.descriptions {
        #expect(script.contains(verb.name))
        for option in verb.allOptions { #expect(script.contains(option.name)) }
      }
    }
  }

  @Test(arguments: [
    ("blackbox", "sam", "sample"), ("blackbox sample", "--ag", "--agent"),
    ("blackbox sample --sort", "du", "duration"), ("blackbox sample -o", "nd", "ndjson"),
    ("blackbox sample --since", "yes", "yesterday"), ("blackbox help", "com", "completion"),
    ("blackbox sample", "@", "@last"),
  ])
  func `bash completes`(before: String, word: String, completed: String) throws {
    let words = before.split(separator: " ").map(String.init) + [word]
    let script =
      "blackbox() { :; }\n" + Completion.bash(Self.descriptions) + """
        COMP_WORDS=(\(words.joined(separator: " ")))
        COMP_CWORD=\(words.count - 1)
        _blackbox
        [[ " ${COMPREPLY[*]} " == *" \(completed) "* ]]

        """
    #expect(Shell.run("bash --norc", input: script) == 0)
  }

  @Test(arguments: ["zsh", "fish"])
  func `other shells accept their script`(shell: String) throws {
    guard Shell.run("command -v \(shell) >/dev/null", input: "") == 0 else {
      return  // Without the shell only the names above are checked.
    }
    let script =
      shell == "zsh" ? Completion.zsh(Self.descriptions) : Completion.fish(Self.descriptions)
    #expect(Shell.run("\(shell) -n /dev/stdin", input: script) == 0)
  }
}

/// As much of a shell as the tests need.
enum Shell {
  /// Splits words as a shell does with quotes, up to a redirection or a pipe.
  static func words(_ line: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "'" || character == "\"" {
        (quote, word) = (character, word ?? "")
      } else if character == " " {
        if let done = word { words.append(done) }
        word = nil
      } else if character == "|" || character == ">" || character == "<" {
        break
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return words
  }

  /// Runs a command with some input; its exit status.
  static func run(_ command: String, input: String) -> Int32 {
    guard let pipe = popen(command, "w") else { return -1 }
    fputs(input, pipe)
    return pclose(pipe) >> 8
  }
}
