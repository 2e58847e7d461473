"""A client of `blackbox serve`: one connection, many sessions, nothing let through before its ack.

    recorder = Recorder("/run/blackbox/ingest.sock")
    session = recorder.open("database", {"issuer": "https://id.example.com", "uid": "agent-7"})
    session.event("database.query", dbms="postgresql", text="SELECT 1")
    session.flush()                 # returns once every event is on the disk
    receipt = session.close()       # keep it: `blackbox verify` can be held to it

Protocol: schema/ingest-protocol.md. Reconnects, resumes, and goes on in a new session where the old one is over.
"""
import json, os, socket, time


class Refused(Exception):
    """The server turned a message away; `args` are its code and its words."""


class Recorder:
    def __init__(self, path, patience=30):
        self.path, self.patience, self.sessions, self.refs = path, patience, {}, 0
        self.connect()

    def connect(self):
        until = time.monotonic() + self.patience
        while True:
            try:
                self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self.socket.connect(self.path)
                self.lines = self.socket.makefile("rb")
                self.socket.sendall(b'{"hello":1,"client":"example.py/1"}\n')
                answer = json.loads(self.lines.readline() or b"{}")
                if "error" in answer:
                    raise Refused(answer["error"], answer["message"])
                self.limits = answer["limits"]
                break
            except (OSError, ValueError, KeyError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        for session in list(self.sessions.values()):
            session.begin()

    def open(self, kind, agent, **fields):
        self.refs += 1
        session = Session(self, f"r{self.refs}", dict(fields, kind=kind, agent=agent))
        self.sessions[session.ref] = session
        session.begin()
        while not session.id:
            self.read()
        return session

    def send(self, message):
        try:
            self.socket.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        except OSError:
            pass  # The next read finds the connection gone and mends it.

    def read(self):
        """Takes one answer, through a reconnect if need be."""
        try:
            line = self.lines.readline()
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            return self.connect()
        answer = json.loads(line)
        ref = next((answer[key] for key in ("opened", "resumed", "ack", "closed", "ref") if key in answer), None)
        if ref in self.sessions:
            self.sessions[ref].hear(answer)
        elif answer.get("error") not in (None, "shutting_down"):
            raise Refused(answer["error"], answer["message"])


class Session:
    def __init__(self, recorder, ref, fields):
        self.recorder, self.ref, self.fields = recorder, ref, fields
        self.id, self.n, self.kept, self.closing, self.receipt = None, 0, [], None, None
        self.busy = 0

    def begin(self):
        """Opens the session, or comes back to it, and sends again what was never acked."""
        if self.id:
            return self.recorder.send({"resume": self.ref, "session": self.id})
        self.recorder.send({"open": self.ref, **self.fields})
        for message in self.kept:
            self.recorder.send(message)
        if self.closing:
            self.recorder.send(self.closing)

    def event(self, type, **fields):
        """Sends an event and keeps it until it is acked; returns its number."""
        self.n += 1
        self.kept.append({"event": self.ref, "n": self.n, "type": type, **fields})
        self.recorder.send(self.kept[-1])
        return self.n

    def flush(self):
        """Returns once every event so far is durable; its receipt is in `receipt`."""
        self.recorder.send({"barrier": self.ref})
        while self.kept:
            self.recorder.read()
        return self.receipt

    def close(self, reason="client", **fields):
        self.closing = {"close": self.ref, "reason": reason, **fields}
        self.recorder.send(self.closing)
        while self.ref in self.recorder.sessions:
            self.recorder.read()
        return self.receipt

    def hear(self, answer):
        if answer.get("error") in ("session_over", "recorder_failed", "session_unknown"):
            return self.go_on(answer.get("n", 0))
        if answer.get("error") == "session_busy" and self.busy < 20 * self.recorder.patience:
            self.busy += 1
            time.sleep(0.05)  # Another process recovers it.
            return self.begin()
        if "error" in answer:
            raise Refused(answer["error"], answer["message"])
        self.id, self.receipt, self.busy = answer["session"], answer, 0
        if "n" in answer:
            self.kept = [message for message in self.kept if message["n"] > answer["n"]]
        if "resumed" in answer:
            for message in self.kept + ([self.closing] if self.closing else []):
                self.recorder.send(message)
            self.recorder.send({"barrier": self.ref})
        if "closed" in answer and self.closing and not self.kept:
            del self.recorder.sessions[self.ref]
        elif "closed" in answer:
            self.go_on(answer["n"])  # A server that is being stopped closes what nobody asked it to close.

    def go_on(self, stored):
        """What is stored stays in the old session; the rest goes into one that names it."""
        self.kept = [message for message in self.kept if message["n"] > stored]
        self.fields, self.id, self.n = dict(self.fields, **{"continues": self.id}), None, 0
        for message in self.kept:
            self.n += 1
            message["n"] = self.n
        self.begin()


if __name__ == "__main__":
    session = Recorder(os.environ["BLACKBOX_SOCKET"]).open("database", {"issuer": "local", "uid": "example"})
    session.event("database.query", dbms="postgresql", text="SELECT 1")
    session.flush()
    print(session.id, session.close()["root"])
