/// One thing the program can do.
///
/// A verb is one file: its description, its arguments read in `init`, and a `run` that calls a
/// module and shows what came back. It holds no logic of its own.
protocol Verb: SendableMetatype {
  static var description: VerbDescription { get }
  init(_ arguments: ParsedArguments) throws
  mutating func run(_ io: inout Output) throws -> ExitCode
}
