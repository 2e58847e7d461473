"""A client of `blackbox serve`: one connection, many sessions, nothing let through before its ack.

    session = Recorder("/run/blackbox/ingest.sock").open("database", {"issuer": "https://id.example.com", "uid": "agent-7"})
    session.event("database.query", dbms="postgresql", text="SELECT 1")
    session.flush()                 # returns once every event is on the disk
    receipt = session.close()       # keep it: `blackbox verify --receipt` holds the recording to it

Protocol: schema/ingest-protocol.md. Reconnects, resumes, and goes on in a new session where the old one is over.
"""
import contextlib, json, os, queue, socket, threading, time

class Refused(Exception):
    """The server turned a message away; `args` are its code and its words."""

class Recorder:
    def __init__(self, path, patience=30):
        self.path, self.patience, self.sessions, self.refs, self.resume_s = path, patience, {}, 0, patience
        self.connect()

    def connect(self):
        until = time.monotonic() + self.patience
        while True:
            self.socket, self.answers = socket.socket(socket.AF_UNIX), queue.SimpleQueue()
            try:
                self.socket.connect(self.path)
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        threading.Thread(target=self.listen, args=(self.socket.makefile("rb"), self.answers), daemon=True).start()
        self.send({"hello": 1, "client": "example.py/1"})
        for session in self.sessions.values():
            session.begin()

    def listen(self, lines, answers):
        """Reads at any time: a server whose answers nobody takes stops taking events."""
        with contextlib.suppress(OSError, ValueError):
            for line in lines:
                answers.put(json.loads(line))
        answers.put(None)  # The connection is gone.

    def open(self, kind, agent, **fields):
        self.refs += 1
        session = self.sessions[f"r{self.refs}"] = Session(self, f"r{self.refs}", dict(fields, kind=kind, agent=agent))
        session.begin()
        self.read(until=lambda: session.attached)
        return session

    def send(self, message):
        with contextlib.suppress(OSError):  # The listener says so, and the next read mends it.
            self.socket.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def read(self, until):
        """Hears what was said, and goes on until that is so, through reconnects if need be."""
        while not self.answers.empty() or not until():
            answer = self.answers.get()
            if answer is None:
                time.sleep(0.05)
                self.connect()
                continue
            self.resume_s = answer.get("limits", {}).get("resume_s", self.resume_s)
            refs = [answer[key] for key in ("opened", "resumed", "ack", "closed", "ref") if key in answer]
            if refs and refs[0] in self.sessions:
                self.sessions[refs[0]].hear(answer)
            elif answer.get("error", "shutting_down") != "shutting_down":
                raise Refused(answer["error"], answer["message"])

class Session:
    def __init__(self, recorder, ref, fields):
        self.recorder, self.ref, self.fields, self.id, self.receipt = recorder, ref, fields, None, None
        self.n, self.kept, self.attached, self.busy = 0, [], False, None

    def begin(self):
        """Opens the session, or comes back to it."""
        self.attached = False
        self.recorder.send({"resume": self.ref, "session": self.id} if self.id else {"open": self.ref, **self.fields})

    def keep(self, message):
        """Sends a message, and again until it is answered."""
        self.kept.append(message)
        if self.attached:  # What goes out before the answer to `open` would stand in two sessions where that is lost.
            self.recorder.send(message)

    def event(self, type, **fields):
        """Sends an event and keeps it until it is acked; returns its number."""
        self.n += 1
        self.keep({"event": self.ref, "n": self.n, "type": type, **fields})
        self.recorder.read(until=lambda: True)
        return self.n

    def flush(self):
        """Returns once every event so far is durable, with the receipt."""
        if self.attached:
            self.recorder.send({"barrier": self.ref})
        self.recorder.read(until=lambda: not self.kept)
        return self.receipt

    def close(self, reason="client", **fields):
        self.keep({"close": self.ref, "reason": reason, **fields})
        self.recorder.read(until=lambda: self.ref not in self.recorder.sessions)
        return self.receipt

    def hear(self, answer):
        error, stored = answer.get("error"), answer.get("n", 0)
        self.busy = (self.busy or time.monotonic() + self.recorder.resume_s) if error == "session_busy" else None
        if self.busy and time.monotonic() < self.busy:
            time.sleep(0.05)  # Another process recovers it.
            return self.begin()
        if error and not (self.id and error in ("session_over", "recorder_failed", "session_unknown")):
            raise Refused(error, answer["message"])
        self.kept = [message for message in self.kept if message.get("n", stored + 1) > stored]
        first = self.kept[0] if self.kept else {}
        if not error:
            self.id, self.receipt = answer["session"], answer
        if "opened" in answer or "resumed" in answer:
            self.attached = True
            for message in self.kept:
                self.recorder.send(message)
        elif "closed" in answer and "close" in first and first["reason"] == answer["reason"]:
            del self.recorder.sessions[self.ref]
        elif error or "closed" in answer:  # A server that is being stopped closes what nobody asked it to close.
            self.fields, self.id, self.n = dict(self.fields, **{"continues": self.id}), None, 0
            for message in self.kept:
                if "n" in message:
                    self.n = message["n"] = self.n + 1
            self.begin()

if __name__ == "__main__":
    session = Recorder(os.environ["BLACKBOX_SOCKET"]).open("database", {"issuer": "local", "uid": "example"})
    session.event("database.query", dbms="postgresql", text="SELECT 1")
    session.flush()
    print(session.id, session.close()["root"])
