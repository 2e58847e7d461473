#!/usr/bin/env python3
"""Holds every question and detection against a generated store's truth, and times the questions.

  generate-store --sessions 20000 --events 2000000 DIR
  exact.py BLACKBOX DIR [--rebuild] [--times N]

Ends with 1 where an answer is not exactly the one that is known.
"""
import json, os, statistics, subprocess, sys, time

QUESTIONS = {
    "agent-sessions": ("Q1", "session"), "behind-agents": ("Q2", "principal agent sessions"),
    "object-access": ("Q3", "agent access times"), "text": ("Q4", "place"),
    "blocked": ("Q5", "place policy version rule"),
    "rule-hits": ("Q6", "policy version digest rule outcome times"),
    "masking-totals": ("Q7", "object field info_type found masked leaked"),
    "undecided": ("Q8", "place type"), "held-but-ran": ("Q9", "place"),
    "too-few-approvers": ("Q10", "approval need humans"), "self-approved": ("Q11", "approval"),
    "misused-approvals": ("Q12", "approval"), "approval-latency": ("Q13", "approver votes under_5s"),
    "chain": ("Q14", "hop uid sub act"), "unattributed": ("Q15", "session proof"),
    "gaps": ("Q16", "place reason"), "verdicts": ("Q17", "verdict sessions events"),
    "readers": ("Q18", "who what times rows_given"), "recorder-events": ("Q19", "place type"),
    "new-agents": ("Q20", "agent sessions"), "new-actions": ("Q21", "agent op target"),
    "failures": ("Q22", "agent denied failed"),
    "largest-readers": ("Q23", "session rows_out bytes_out"),
    "unclean-ends": ("Q24", "session end_reason"),
    "days": ("Q25", "day sessions events denied masked"),
}
EVERYTHING = "Q3 Q4 Q6 Q7 Q8 Q9 Q10 Q11 Q12 Q13 Q15 Q16 Q24 Q25".split()
# What a detection's event stands for in the generator's words, and which of its columns.
CHAIN = ("SELECT d.uid FROM session_chain AS c JOIN delegation AS d ON d.did = c.did "
         "WHERE c.sid = f.eid >> 32 AND c.hop = 0")
POLICY = ("SELECT p.name FROM policy_change AS c JOIN policy AS p ON p.pid = c.pid "
          "WHERE c.eid = f.eid")
SESSION = "SELECT uid FROM session WHERE sid = f.eid >> 32"
DETECTIONS = {
    "D1": (POLICY, [0]), "D2": ("f.key", None), "D3": (POLICY, [1]),
    "D4": ("SELECT x.action_digest FROM decision AS d JOIN event AS x ON x.eid = d.subject "
           "WHERE d.eid = f.eid", [0]),
    "D5": ("f.key", None), "D6": (SESSION, [0]), "D7": (CHAIN, [0]), "D8": (CHAIN, [0]),
    "D9": (SESSION, [0]), "D10": (SESSION, [1]),
    "D11": ("SELECT v.uid FROM vote AS w JOIN approval AS v ON v.aid = w.aid WHERE w.eid = f.eid",
            [0]),
    "D12": ("SELECT jti FROM session WHERE sid = f.eid >> 32", [0]),
    "D13": ("SELECT tool FROM tool_seen WHERE eid = f.eid", [1]), "D14": ("f.key", None),
    "D15": ("f.key", None),
    "D16": ("SELECT object FROM object_ref WHERE eid = f.eid AND access = 'read'", [0]),
    "D17": ("SELECT p.version FROM decision AS d JOIN policy AS p ON p.pid = d.pid "
            "WHERE d.eid = f.eid", None),
    "D18": (SESSION, [1]),
}

program, directory = sys.argv[1], sys.argv[2]
times = int(sys.argv[sys.argv.index("--times") + 1]) if "--times" in sys.argv else 3
environment = dict(os.environ, BLACKBOX_STORE=directory + "/store",
                   BLACKBOX_STATE=directory + "/state", BLACKBOX_PURPOSE="benchmark")
page = json.load(open(directory + "/expected.json"))
answers = page["answers"]
wrong = 0


def run(*arguments):
    result = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True)
    if result.returncode not in (0, 9):
        sys.exit(f"{' '.join(arguments)}: {result.returncode} {result.stderr}")
    return result.stdout


def rows(*arguments):
    return json.loads(run("query", *arguments, "-o", "json", "--max-rows", "1000000", "--timeout",
                          "600s", "--no-index"))


def moment(us):
    return f"@{us // 1000000}.{us % 1000000:06d}"


def word(value):
    return "-" if value is None else str(value)


def judge(name, found, wanted):
    global wrong
    found, wanted = sorted(found), sorted(wanted)
    if found == wanted:
        return f"{len(found)} exact"
    wrong += 1
    missing = [r for r in wanted if r not in found][:3]
    extra = [r for r in found if r not in wanted][:3]
    return f"WRONG missing {missing} not wanted {extra}"


start = time.perf_counter()
run("index", *(["--rebuild"] if "--rebuild" in sys.argv else []))
print(f"index  {time.perf_counter() - start:.2f} s  {page['events']} events")
# What this very run reads is recorded in the store too, after the time that is told of.
ours = {r["session"] for r in rows("--sql", "SELECT session FROM v_session WHERE start_us >= :until",
                                   "-p", f"until={page['until_us']}")}
last_day = time.strftime("%Y-%m-%d", time.gmtime(page["until_us"] / 1e6 - 1))
nobody = {r["session"] for r in rows(
    "--sql", "SELECT session FROM v_session WHERE kind IN ('gateway', 'audit')")}
day = ["--since", moment(page["since_us"]), "--until", moment(page["until_us"])]
for name, (number, columns) in QUESTIONS.items():
    given = ["-p", f"session={page['parameters']['session']}"] if name == "chain" else []
    for key in ("agent", "object", "text"):
        if (key, name) in (("agent", "agent-sessions"), ("object", "object-access"), ("text", "text")):
            given += ["-p", f"{key}={page['parameters'][key]}"]
    period = day if name != "chain" else []
    found = []
    for row in rows(name, *given, *([] if number in EVERYTHING else period)):
        if row.get("session", row.get("place", "")).split("@")[0] in ours:
            continue
        if row.get("day", last_day) > last_day:
            continue
        cells = []
        for column in columns.split():
            cells += row[column].split("@") if column == "place" else [word(row[column])]
        found.append(cells)
    wanted = answers.get(number, [])
    if number == "Q15":
        wanted = [r for r in wanted if r[0] not in nobody]
    if number in ("Q11", "Q12"):
        found = [list(r) for r in {tuple(r) for r in found}]
    verdict = judge(name, found, wanted)
    spans = []
    for period_given in (period, []):
        took = []
        for _ in range(times):
            begin = time.perf_counter()
            rows(name, *given, *period_given)
            took.append(time.perf_counter() - begin)
        spans.append(statistics.median(took))
    print(f"{number:4} {name:18} {verdict:24} day {spans[0] * 1000:8.1f} ms  all {spans[1] * 1000:8.1f} ms")

start = time.perf_counter()
run("detect", "-o", "ndjson")
print(f"detect {time.perf_counter() - start:.2f} s")
for rule, (sql, columns) in DETECTIONS.items():
    value = sql if sql == "f.key" else f"({sql})"
    found = [r["v"] for r in rows("--sql", f"SELECT {value} AS v FROM finding AS f WHERE f.rule = '{rule}'")]
    wanted = answers.get(rule, [])
    if rule == "D11":
        wanted = wanted + answers["Q11"]
    if rule == "D17":
        wanted = ["v2"]
    elif columns is None:
        wanted = [f"{r[0]}@{r[1]}" for r in wanted]
    else:
        wanted = [r[columns[0]] for r in wanted]
    print(f"{rule:4} {judge(rule, found, wanted)}")
sys.exit(1 if wrong else 0)
