internal import Glibc

/// Reads the arguments, runs one verb, leaves with its exit code.
@main enum Main {
  static func main() {
    // A reader that went away is an error of the write, told apart from all others in `leave`.
    signal(SIGPIPE, SIG_IGN)
    let environment = Environment.process
    let invocation = Invocation(
      arguments: Array(CommandLine.arguments.dropFirst()), environment: environment,
      now: Environment.now)
    var io = Output(environment: environment)
    leave(invocation.run(&io))
  }

  private static func leave(_ code: ExitCode) -> Never {
    if code == .readerGone {
      // As every filter does: quiet, and the shell sees the signal and not a verdict.
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    exit(code.status)
  }
}
