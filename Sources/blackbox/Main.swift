internal import Glibc
internal import Platform

/// Reads the arguments, runs one verb, leaves with its exit code.
@main enum Main {
  /// A reader that went away is an error of the write, told apart from all others in `leave`; and so is a file that may
  /// not grow.
  static let ignoredSignals = [SIGPIPE, SIGXFSZ]

  static func main() {
    StandardDescriptors.occupy()
    for number in ignoredSignals { signal(number, SIG_IGN) }
    // Inherited as ignored, it would take away how children ended.
    signal(SIGCHLD, SIG_DFL)
    let environment = Environment.process
    var io = Output(environment: environment)
    do {
      let invocation = Invocation(
        arguments: try arguments(), environment: environment, now: Environment.now)
      leave(invocation.run(&io))
    } catch {
      io.report(error.report)
      leave(error.report.code)
    }
  }

  /// The arguments after the program’s name, byte for byte or not at all.
  ///
  /// A repaired file name would name another file, a repaired command would be another command.
  private static func arguments() throws(ArgumentFailure) -> [String] {
    var arguments: [String] = []
    for place in 1..<max(Int(CommandLine.argc), 1) {
      guard let pointer = unsafe CommandLine.unsafeArgv[place] else { break }
      guard let argument = unsafe String(validatingCString: pointer) else {
        throw .notText(unsafe String(cString: pointer))
      }
      arguments.append(argument)
    }
    return arguments
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
