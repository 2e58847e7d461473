"""Asks an index all questions of questions.sql, compares with expected.json and prints the times.

questions.py INDEX [EXPECTED] [ROUNDS]: exits 1 where an answer is not exactly the expected one.
"""
import json
import os
import re
import sqlite3
import sys
import time


def statements(path):
    name, text = None, {}
    for line in open(path):
        match = re.match(r"-- (\w+)$", line)
        if match and (match[1][0] in "QD" and match[1][1:].isdigit() or match[1] == "shown"):
            name = match[1]
            text[name] = ""
        elif name:
            text[name] += line
    return text


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    expected = json.load(open(sys.argv[2])) if len(sys.argv) > 2 else {"answers": {}, "parameters": {}}
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    values = {"since": expected.get("since_us", 0), "until": expected.get("until_us", 1 << 62)}
    values.update(expected["parameters"])
    # What the program's own readings of this store recorded after the time that is told of: it leaves them out too.
    until = expected.get("until_us", 1 << 62)
    ours = {str(row[0]) for row in database.execute(
        "SELECT uid FROM session WHERE kind = 'audit' AND start_us >= ?"
        " UNION SELECT i.uid FROM identity AS i JOIN session AS s ON s.agent = i.iid GROUP BY i.uid"
        " HAVING min(s.start_us) >= ?"
        " UNION SELECT date(start_us / 1000000, 'unixepoch') FROM session WHERE start_us >= ?", [until] * 3)}
    wrong = 0
    for name, text in statements(os.path.join(here, "questions.sql")).items():
        used = {key: values.get(key, "") for key in re.findall(r":(\w+)", text)}
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            rows = database.execute(text, used).fetchall()
            times.append(time.perf_counter() - start)
        found = sorted(["-" if value is None else str(value) for value in row] for row in rows)
        if name in ("Q15", "Q20", "Q24", "Q25"):  # The others count nothing of a session of readings.
            found = [row for row in found if row[0] not in ours]
        wanted = sorted(expected["answers"].get(name, []))
        word = "ok" if found == wanted else "WRONG"
        wrong += found != wanted
        print(f"{name:6} {word:5} {len(found):7} rows {sorted(times)[len(times) // 2] * 1000:10.2f} ms")
        if found != wanted:
            extra = [row for row in found if row not in wanted][:3]
            missing = [row for row in wanted if row not in found][:3]
            print(f"       too many {extra}, missing {missing}")
    sys.exit(1 if wrong else 0)


main()
