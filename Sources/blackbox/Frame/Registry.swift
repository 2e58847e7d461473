/// All verbs, in the order the overview shows them within their group.
enum Registry {
  static let verbs: [any Verb.Type] = [
    InitVerb.self,
    RecordVerb.self,
    MarkVerb.self,
    ImportVerb.self,
    ServeVerb.self,
    RecoverVerb.self,
    VerifyVerb.self,
    ProveVerb.self,
    HelpVerb.self,
    DoctorVerb.self,
    VersionVerb.self,
    ReplayVerb.self,
    DiffVerb.self,
    RenderVerb.self,
    CompletionVerb.self,
    AccessVerb.self,
    SessionsVerb.self,
    ShowVerb.self,
    SearchVerb.self,
    AgentsVerb.self,
    PrincipalsVerb.self,
    ResourcesVerb.self,
    DecisionsVerb.self,
    ApprovalsVerb.self,
    MaskingVerb.self,
    ChainVerb.self,
    QueryVerb.self,
    DetectVerb.self,
    FindingsVerb.self,
    IndexVerb.self,
    ReportVerb.self,
    ExportVerb.self,
  ]

  static func verb(named name: String) -> (any Verb.Type)? {
    verbs.first { $0.description.name == name }
  }

  static var names: [String] { verbs.map { $0.description.name } }
}
