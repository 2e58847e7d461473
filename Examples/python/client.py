"""A client of `blackbox serve`: one connection, many sessions, nothing let through before its ack.

    session = Recorder("/run/blackbox/ingest.sock").open("database", {"issuer": "https://id.example.com", "uid": "agent-7"})
    session.event("database.query", dbms="postgresql", text="SELECT 1")
    session.flush()                 # returns once every event is on the disk
    receipt = session.close()       # keep it: `blackbox verify --receipt` holds the recording to it

Protocol: schema/ingest-protocol.md. Reconnects, resumes, and goes on in a new session where the old one is over.
"""
import json, os, queue, socket, threading, time

class Refused(Exception):
    """The server turned a message away; `args` are its code and its words."""

class Recorder:
    def __init__(self, path, patience=30):
        self.path, self.patience, self.sessions, self.refs = path, patience, {}, 0
        self.connect()

    def connect(self):
        until = time.monotonic() + self.patience
        while True:
            self.socket, self.answers = socket.socket(socket.AF_UNIX), queue.SimpleQueue()
            try:
                self.socket.connect(self.path)
                listener = (self.socket.makefile("rb"), self.answers)
                threading.Thread(target=self.listen, args=listener, daemon=True).start()
                self.send({"hello": 1, "client": "example.py/1"})
                hello = self.answers.get()
                if hello is None:
                    raise ConnectionError("the server is gone")
                self.hear(hello)
                return [session.begin() for session in self.sessions.values()]
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def listen(self, lines, answers):
        """Reads at any time: a server whose answers nobody takes stops taking events."""
        try:
            for line in lines:
                answers.put(json.loads(line))
        except (OSError, ValueError):
            pass
        answers.put(None)  # The connection is gone.

    def open(self, kind, agent, **fields):
        self.refs += 1
        session = self.sessions[f"r{self.refs}"] = Session(self, f"r{self.refs}", dict(fields, kind=kind, agent=agent))
        session.begin()
        self.read(until=lambda: session.attached)
        return session

    def send(self, message):
        try:
            self.socket.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        except OSError:
            pass  # The listener says so, and the next read mends it.

    def read(self, until):
        """Hears what was said, and goes on until that is so, through reconnects if need be."""
        while not self.answers.empty() or not until():
            answer = self.answers.get()
            if answer is None:
                self.connect()
            else:
                self.hear(answer)

    def hear(self, answer):
        ref = next((answer[key] for key in ("opened", "resumed", "ack", "closed", "ref") if key in answer), None)
        if ref in self.sessions:
            self.sessions[ref].hear(answer)
        elif answer.get("error") not in (None, "shutting_down"):
            raise Refused(answer["error"], answer["message"])

class Session:
    def __init__(self, recorder, ref, fields):
        self.recorder, self.ref, self.fields, self.id, self.attached = recorder, ref, fields, None, False
        self.n, self.kept, self.closing, self.receipt, self.busy = 0, [], [], None, 0

    def begin(self):
        """Opens the session, or comes back to it."""
        self.attached = False
        self.recorder.send({"resume": self.ref, "session": self.id} if self.id else {"open": self.ref, **self.fields})

    def send(self, messages):
        # What goes out before the answer to `open` would stand in two sessions where that answer is lost.
        for message in messages if self.attached else []:
            self.recorder.send(message)

    def event(self, type, **fields):
        """Sends an event and keeps it until it is acked; returns its number."""
        self.n += 1
        self.kept.append({"event": self.ref, "n": self.n, "type": type, **fields})
        self.send(self.kept[-1:])
        self.recorder.read(until=lambda: True)
        return self.n

    def flush(self):
        """Returns once every event so far is durable, with the receipt."""
        self.send([{"barrier": self.ref}])
        self.recorder.read(until=lambda: not self.kept)
        return self.receipt

    def close(self, reason="client", **fields):
        self.closing = [{"close": self.ref, "reason": reason, **fields}]
        self.send(self.closing)
        self.recorder.read(until=lambda: self.ref not in self.recorder.sessions)
        return self.receipt

    def hear(self, answer):
        error = answer.get("error")
        if error == "session_busy" and self.busy < 20 * self.recorder.patience:
            self.busy += 1
            time.sleep(0.05)  # Another process recovers it.
            return self.begin()
        if error and not (self.id and error in ("session_over", "recorder_failed", "session_unknown")):
            raise Refused(error, answer["message"])
        self.kept = [event for event in self.kept if event["n"] > answer.get("n", 0)]
        if not error:
            self.id, self.receipt, self.busy = answer["session"], answer, 0
        if "opened" in answer or "resumed" in answer:
            self.attached = True
            self.send(self.kept + self.closing)
        elif "closed" in answer and self.closing and not self.kept:
            del self.recorder.sessions[self.ref]
        elif error or "closed" in answer:  # A server that is being stopped closes what nobody asked it to close.
            self.fields, self.id, self.n = dict(self.fields, **{"continues": self.id}), None, len(self.kept)
            for number, event in enumerate(self.kept, 1):
                event["n"] = number
            self.begin()

if __name__ == "__main__":
    session = Recorder(os.environ["BLACKBOX_SOCKET"]).open("database", {"issuer": "local", "uid": "example"})
    session.event("database.query", dbms="postgresql", text="SELECT 1")
    session.flush()
    print(session.id, session.close()["root"])
