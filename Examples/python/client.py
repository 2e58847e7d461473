"""A client of `blackbox serve`: one connection, many sessions, nothing let through before its ack.

    session = Recorder("/run/blackbox/ingest.sock").open("database", {"issuer": "https://id.example.com", "uid": "agent-7"})
    session.event("database.query", dbms="postgresql", text="SELECT 1")
    session.flush()                 # returns once every event is on the disk
    receipt = session.close()       # keep it: `blackbox verify --receipt` holds the recording to it

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
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(self.path)
                self.lines = self.socket.makefile("rb")
                self.send({"hello": 1, "client": "example.py/1"})
                answer = json.loads(self.lines.readline() or b"{}")
                if "error" in answer:
                    raise Refused(answer["error"], answer["message"])
                self.limits = answer["limits"]
                return [session.begin() for session in list(self.sessions.values())]
            except (OSError, ValueError, KeyError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def open(self, kind, agent, **fields):
        self.refs += 1
        session = self.sessions[f"r{self.refs}"] = Session(self, f"r{self.refs}", dict(fields, kind=kind, agent=agent))
        session.begin()
        self.read(until=lambda: session.id)
        return session

    def send(self, message):
        try:
            self.socket.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        except OSError:
            pass  # The next read finds the connection gone and mends it.

    def read(self, until):
        """Takes answers, through reconnects if need be."""
        while not until():
            try:
                line = self.lines.readline()
            except OSError:
                line = b""
            if not line.endswith(b"\n"):
                self.connect()
                continue
            answer = json.loads(line)
            ref = next((answer[key] for key in ("opened", "resumed", "ack", "closed", "ref") if key in answer), None)
            if ref in self.sessions:
                self.sessions[ref].hear(answer)
            elif answer.get("error") not in (None, "shutting_down"):
                raise Refused(answer["error"], answer["message"])

class Session:
    def __init__(self, recorder, ref, fields):
        self.recorder, self.ref, self.fields, self.id, self.n = recorder, ref, fields, None, 0
        self.kept, self.closing, self.receipt, self.busy = [], [], None, 0

    def say(self, word, **fields):
        self.recorder.send({word: self.ref, **fields})

    def begin(self):
        """Opens the session, or comes back to it."""
        if self.id:
            return self.say("resume", session=self.id)
        self.say("open", **self.fields)

    def repeat(self):
        """Sends what was never acked, now that the session is there."""
        for message in self.kept:
            self.recorder.send(message)
        if self.kept:
            self.say("barrier")
        for message in self.closing:
            self.recorder.send(message)

    def event(self, type, **fields):
        """Sends an event and keeps it until it is acked; returns its number."""
        self.n += 1
        self.kept.append({"event": self.ref, "n": self.n, "type": type, **fields})
        if self.id:  # What goes out before the answer to `open` would stand in two sessions where that answer is lost.
            self.recorder.send(self.kept[-1])
        return self.n

    def flush(self):
        """Returns once every event so far is durable, with the receipt."""
        self.say("barrier")
        self.recorder.read(until=lambda: not self.kept)
        return self.receipt

    def close(self, reason="client", **fields):
        self.closing = [{"close": self.ref, "reason": reason, **fields}]
        if self.id:
            self.recorder.send(self.closing[0])
        self.recorder.read(until=lambda: self.ref not in self.recorder.sessions)
        return self.receipt

    def hear(self, answer):
        error = answer.get("error")
        if error == "session_busy" and self.busy < 20 * self.recorder.patience:
            self.busy += 1
            time.sleep(0.05)  # Another process recovers it.
            return self.begin()
        if error and error not in ("session_over", "recorder_failed", "session_unknown"):
            raise Refused(error, answer["message"])
        if not error:
            self.id, self.receipt, self.busy = answer["session"], answer, 0
        self.kept = [message for message in self.kept if message["n"] > answer.get("n", 0)]
        if "resumed" in answer or "opened" in answer:
            self.repeat()
        elif "closed" in answer and self.closing and not self.kept:
            del self.recorder.sessions[self.ref]
        elif error or "closed" in answer:  # A server that is being stopped closes what nobody asked it to close.
            self.fields, self.id = dict(self.fields, **{"continues": self.id}), None
            self.n = len(self.kept)
            for number, message in enumerate(self.kept, 1):
                message["n"] = number
            self.begin()

if __name__ == "__main__":
    session = Recorder(os.environ["BLACKBOX_SOCKET"]).open("database", {"issuer": "local", "uid": "example"})
    session.event("database.query", dbms="postgresql", text="SELECT 1")
    session.flush()
    print(session.id, session.close()["root"])
