package import Platform

// Fields: schema/events.md.

/// A channel, or a request on one.
package struct SSHChannelEvent: SessionEvent {
  package static let type: StaticString = "ssh.channel"

  /// `to_server`: the client opened it.
  package var direction: Direction
  /// `session`, `direct-tcpip`, `forwarded-tcpip`, `x11`, `auth-agent` and others.
  package var kind: String
  /// Its number in the connection.
  package var channel: Int64?
  /// `shell`, `exec`, `subsystem`, `pty-req`, `env`, …; absent: the opening.
  package var request: String?
  /// Masked command line or subsystem.
  package var text: String?
  package var common = CommonFields()

  package init(direction: Direction, kind: String) {
    self.direction = direction
    self.kind = kind
  }

  package init(_: Blank) {
    direction = .blank
    kind = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("direction", &direction)
    try visitor.required("kind", &kind)
    try visitor.optional("channel", &channel)
    try visitor.optional("request", &request)
    try visitor.optional("text", &text)
  }
}

/// A file that went across.
package struct FileTransferEvent: SessionEvent {
  package static let type: StaticString = "file.transfer"

  /// `to_server`: an upload.
  package var direction: Direction
  /// On the server.
  package var path: String
  /// `sftp`, `scp`, `rsync`, `kubectl-cp` and others.
  package var protocolName: String?
  /// Keyed digest of the content.
  package var contentDigest: Digest?
  /// Permissions, octal.
  package var mode: String?
  package var common = CommonFields()

  package init(direction: Direction, path: String) {
    self.direction = direction
    self.path = path
  }

  package init(_: Blank) {
    direction = .blank
    path = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("direction", &direction)
    try visitor.required("path", &path)
    try visitor.optional("protocol", &protocolName)
    try visitor.optional("content_digest", &contentDigest)
    try visitor.optional("mode", &mode)
  }
}

/// A forwarded connection.
package struct TunnelOpenEvent: SessionEvent {
  package static let type: StaticString = "tunnel.open"

  /// `to_server`: from the client's side.
  package var direction: Direction
  /// Its id in the session.
  package var tunnel: String
  /// Where it leads.
  package var destination: Endpoint
  /// Where it listens.
  package var bind: Endpoint?
  /// `tcp`, `udp`, `socks` and others.
  package var protocolName: String?
  package var common = CommonFields()

  package init(direction: Direction, tunnel: String, destination: Endpoint) {
    self.direction = direction
    self.tunnel = tunnel
    self.destination = destination
  }

  package init(_: Blank) {
    direction = .blank
    tunnel = .blank
    destination = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("direction", &direction)
    try visitor.required("tunnel", &tunnel)
    try visitor.required("dest", &destination)
    try visitor.optional("bind", &bind)
    try visitor.optional("protocol", &protocolName)
  }
}

/// Its end.
package struct TunnelCloseEvent: SessionEvent {
  package static let type: StaticString = "tunnel.close"

  /// As opened.
  package var tunnel: String
  /// Why.
  package var reason: String?
  /// Bytes to the destination.
  package var bytesIn: Int64?
  /// Bytes from it.
  package var bytesOut: Int64?
  package var common = CommonFields()

  package init(tunnel: String) {
    self.tunnel = tunnel
  }

  package init(_: Blank) {
    tunnel = .blank
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.required("tunnel", &tunnel)
    try visitor.optional("reason", &reason)
    try visitor.optional("bytes_in", &bytesIn)
    try visitor.optional("bytes_out", &bytesOut)
  }
}
