#!/usr/bin/env python3
"""Random streams through `blackbox render` and through another terminal; what differs, made small.

differential.py BLACKBOX xterm|libvterm COUNT [SEED [MIX]]
differential.py BLACKBOX record      writes xterm-cases.jsonl anew
COLUMNS=80 differential.py BLACKBOX xterm 500 1 text,v52,cup,stbm,om,scs

xterm runs under Xvfb and prints its screen; libvterm is linked by a small C program beside this.
MIX is a list of the groups below, with commas.
"""
import concurrent.futures
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = tempfile.mkdtemp(prefix="blackbox-differential-")
COLUMNS, ROWS = int(os.environ.get("COLUMNS", 20)), 8


def count(r):
    number = r.choice([0, 1, 1, 2, 3, 4, 5, 9])
    return str(number) if number else ""


def area(r):
    return ";".join(
        str(r.randint(low, high))
        for low, high in [(0, ROWS + 1), (0, COLUMNS), (0, ROWS + 1), (0, COLUMNS + 1)])


def one(*choices):
    return lambda r: r.choice(choices)


GROUPS = {
    "text": one("a", "bc", "defg", "hijklmnop", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "q x#~", "0123456789"),
    "wide": one("中", "文字", "漢字漢字漢字漢字漢字漢字", "e\u0301", "é"),
    "c0": one("\r", "\n", "\r\n", "\b", "\t", "\v", "\f", "\b\b", "\x1bD", "\x1bE", "\x1bM",
              "\x1bM\x1bM\x1bM"),
    "cup": lambda r: f"\x1b[{r.randint(0, ROWS + 1)};{r.randint(0, COLUMNS + 1)}{r.choice('Hf')}",
    "move": lambda r: f"\x1b[{count(r)}{r.choice('ABCDEFG`aedZI')}",
    "erase": lambda r: r.choice([f"\x1b[{count(r)}X", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[J",
                                 "\x1b[1J", "\x1b[2J"]),
    "edit": lambda r: f"\x1b[{count(r)}{r.choice('@PLMST')}",
    "stbm": lambda r: f"\x1b[{r.randint(0, ROWS)};{r.randint(0, ROWS + 1)}r",
    "slrm": lambda r: r.choice([
        f"\x1b[?69h\x1b[{r.randint(0, COLUMNS // 2)};{r.randint(5, COLUMNS + 1)}s"] * 3
        + ["\x1b[?69l"]),
    "om": one("\x1b[?6h", "\x1b[?6l"),
    "irm": one("\x1b[4h", "\x1b[4l"),
    "lnm": one("\x1b[20h", "\x1b[20l"),
    "awm": one("\x1b[?7h", "\x1b[?7l", "\x1b[?7l"),
    "rep": lambda r: f"x\x1b[{count(r)}b",
    "tabs": one("\x1bH", "\x1b[g", "\x1b[3g", "\x1b[0g", "\x1b[?5W", "\t", "\t"),
    "scs": one("\x1b(0", "\x1b(B", "\x1b)0", "\x0e", "\x0f", "\x1b*0", "\x1bn", "\x1bN", "\x1bO",
               "\x1b+0", "\x1bo"),
    "sc": one("\x1b7", "\x1b8", "\x1b[s", "\x1b[u", "\x1b[?1048h", "\x1b[?1048l"),
    "alt": one("\x1b[?47h", "\x1b[?47l", "\x1b[?1047h", "\x1b[?1047l", "\x1b[?1049h",
               "\x1b[?1049l"),
    "rw": one("\x1b[?45h", "\x1b[?45h", "\x1b[?45l"),
    "rect": lambda r: r.choice([
        f"\x1b[{r.choice([42, 65, 32, 160, 5])};{area(r)}$x", f"\x1b[{area(r)}$z",
        f"\x1b[{area(r)}${{",
        f"\x1b[{area(r)};1;{r.randint(0, ROWS)};{r.randint(0, COLUMNS)};1$v"]),
    "cols": lambda r: r.choice([f"\x1b[{count(r)}'}}", f"\x1b[{count(r)}'~", "\x1b6", "\x1b9",
                                f"\x1b[{count(r)} @", f"\x1b[{count(r)} A"]),
    "prot": one('\x1b[1"q', '\x1b[0"q', '\x1b[2"q', "\x1b[?K", "\x1b[?1K", "\x1b[?2K", "\x1b[?J",
                "\x1b[?1J", "\x1b[?2J", "\x1bV", "\x1bW"),
    "aln": one("\x1b#8"),
    "str": one("\x1b[!p"),
    "xts": one("\x1b[?6s", "\x1b[?6r", "\x1b[?7s", "\x1b[?45s", "\x1b[?45r", "\x1b[?69s",
               "\x1b[?69r"),
    "dwl": one("\x1b#6", "\x1b#6", "\x1b#5", "\x1b#3", "\x1b#4"),
    "rect2": lambda r: r.choice([
        f"\x1b[{area(r)};{r.choice([0, 1, 4, 5, 7, 8, 22])}$r",
        f"\x1b[{area(r)};{r.choice([0, 1, 4, 5, 7])}$t", "\x1b[2*x", "\x1b[*x"]),
    "strs": one("\x1bPabc\x1b\\", "\x1b_Gx\x1b\\", "\x1b^pm\x1b\\", "\x1bXsos\x1b\\",
                "\x1b]2;t\x1b\\", "\x1b]8;;http://a\x07", "\x1bPq\x18z", "\x1b]2;a\x1ab",
                "\x1bP1\x1b[2C", "\x1b]x\x1b[2C", "\x1b[3\x1aA", "\x1b[4\x1b[C", "\x1b(\x18",
                "\x1b[?\x1b#8", "\x1b#\x18x", "\x1b[3\x7fC", "\x1b\x7fD"),
    # Only at 80 columns: xterm takes that width when it becomes a VT52.
    "v52": one("\x1b[?2l", "\x1b<", "\x1bA", "\x1bB", "\x1bC", "\x1bD", "\x1bH", "\x1bI", "\x1bJ",
               "\x1bK", "\x1bY%0", "\x1bY!!", "\x1bY p", "\x1bY(o", "\x1bY%n", "\x1bY3%", "\x1bZ",
               "\x1b[5C", "lqk", "\x1bX", "\x1b#8", "\x1bF`abcdefghijklmno",
               "\x1bFpqrstuvwxyz{|}~\x1bG", "\x1bF", "\x1bG"),
    "bad": one("\x1b[1\x182", "\x1b[1;2\n3H", "\x1b[?1\r2A", "\x1b[<5A", "\x1b[3 A", "\x1b[;5H",
               "\x1b[999999999C", "\x1b[-3A", "\x1b[5\x1b[2B", "\x1bP1$qm\x1b\\", "\x1b]0;t\x07",
               "\x1b%G", "\x1b F", "\x1b[>1m", "\x1b[?1;2;3;4K"),
}
MIXES = [
    "text,c0,cup,move,erase,edit,stbm", "text,c0,cup,edit,slrm,stbm,om",
    "text,c0,irm,awm,edit,slrm,wide", "text,cup,rect,prot,erase,sc",
    "text,c0,cup,move,alt,sc,om,str", "text,c0,tabs,move,edit,slrm", "text,scs,sc,c0,str",
    "text,c0,move,rw,slrm,awm", "text,cup,cols,slrm,om,aln", "text,wide,erase,edit,cup,awm,irm",
    "text,rep,bad,lnm,c0,move", "text,xts,om,slrm,awm,cup,c0,rw",
    "text,c0,move,dwl,erase,edit,cup", "text,c0,move,stbm,strs", "text,rect2,cup,erase",
]


def stream(r, mix, length=12):
    groups = mix.split(",")
    choices = ["text"] * 4 + ["cup"] * 2 + ["c0"] * 2 + (["wide"] if "wide" in groups else [])
    choices += [group for group in groups if group not in ("text", "wide")] * 2
    return [GROUPS[r.choice(choices)](r) for _ in range(length)]


def feed(case):
    # CAN drops what was begun and not ended.
    return "".join(case).encode() + b"\x18"


def packed(cases):
    return b"".join(
        struct.pack("<HHI", COLUMNS, ROWS, len(feed(case))) + feed(case) for case in cases)


def ours(cases):
    def draw(case):
        out = subprocess.run(
            [BLACKBOX, "render", "--size", f"{COLUMNS}x{ROWS}", "-o", "json"], input=feed(case),
            stdout=subprocess.PIPE, check=True).stdout
        screen = json.loads(out)
        return (screen["cursor"]["row"], screen["cursor"]["col"]), screen["text"]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(draw, cases))


def xterm(cases):
    paths = [os.path.join(WORK, name) for name in ("cases", "results", "page", "print.sh")]
    with open(paths[0], "wb") as file:
        file.write(packed(cases))
    with open(paths[3], "w") as file:
        file.write(f"#!/bin/sh\ncat > {paths[2]}\n: > {paths[2]}.done\n")
    os.chmod(paths[3], 0o755)
    resources = {"printerCommand": paths[3], "printerAutoClose": "true", "printAttributes": "0",
                 "utf8": "2", "decTerminalID": "vt420", "c132": "false"}
    command = ["xvfb-run", "-a", "xterm", "-ti", "vt420", "-geometry", f"{COLUMNS}x{ROWS}"]
    for name, value in resources.items():
        command += ["-xrm", f"XTerm*{name}: {value}"]
    command += ["-e", sys.executable, os.path.join(HERE, "inside-xterm.py"), *paths[:3]]
    subprocess.run(command, env=dict(os.environ, LC_ALL="C.UTF-8"), check=True,
                   stderr=subprocess.DEVNULL)
    with open(paths[1], "rb") as file:
        data = file.read()
    place, results = 0, []
    while place < len(data):
        row, column, origin, size = struct.unpack("<IIII", data[place:place + 16])
        page = data[place + 16:place + 16 + size].decode("utf-8", "replace")
        place += 16 + size
        # The second half of a wide character is printed as U+FFFF.
        rows = [line.rstrip() for line in page.replace("\uffff", "").replace("\f", "").split("\n")]
        results.append((None if origin else (row, column), (rows + [""] * ROWS)[:ROWS]))
    return results


def libvterm(cases):
    program = os.path.join(WORK, "libvterm")
    if not os.path.exists(program):
        subprocess.run(["cc", "-O2", "-o", program, os.path.join(HERE, "libvterm.c"), "-lvterm"],
                       check=True)
    out = subprocess.run([program], input=packed(cases), stdout=subprocess.PIPE, check=True).stdout
    lines = out.decode("utf-8", "replace").split("\n")
    results = []
    for start in range(0, len(cases) * (ROWS + 1), ROWS + 1):
        cursor = tuple(map(int, lines[start].split()))
        results.append((cursor, [line.rstrip() for line in lines[start + 1:start + 1 + ROWS]]))
    return results


def agree(mine, theirs):
    rows = [[unicodedata.normalize("NFC", line) for line in side[1]] for side in (mine, theirs)]
    return rows[0] == rows[1] and (theirs[0] is None or mine[0] == theirs[0])


def differing(cases, oracle):
    both = list(zip(ours(cases), oracle(cases)))
    return [index for index, (mine, theirs) in enumerate(both) if not agree(mine, theirs)], both


def smaller(cases, oracle):
    """Takes items out of each case as long as it still differs."""
    while True:
        tries = [(index, case[:cut] + case[cut + 1:])
                 for index, case in enumerate(cases) for cut in range(len(case))]
        found, _ = differing([case for _, case in tries], oracle)
        better = {}
        for number in found:
            better.setdefault(tries[number][0], tries[number][1])
        if not better:
            return cases
        cases = [better.get(index, case) for index, case in enumerate(cases)]


def record():
    r = random.Random(20261125)
    with open(os.path.join(HERE, "xterm-cases.jsonl"), "w") as out:
        for mix in MIXES:
            cases = [stream(r, mix) for _ in range(50)]
            name = "-".join(mix.split(",")[1:])
            for number, (case, (cursor, rows)) in enumerate(zip(cases, xterm(cases))):
                value = {"case": f"{name} {number}", "cols": COLUMNS, "rows": ROWS,
                         "feed": "".join(case),
                         "text": [unicodedata.normalize("NFC", line) for line in rows]}
                if cursor is not None:
                    value["cursor"] = list(cursor)
                out.write(json.dumps(value) + "\n")


BLACKBOX = os.path.abspath(sys.argv[1])
if sys.argv[2] == "record":
    record()
else:
    oracle = {"xterm": xterm, "libvterm": libvterm}[sys.argv[2]]
    r = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    mixes = [sys.argv[5]] if len(sys.argv) > 5 else MIXES
    cases = [stream(r, mixes[number % len(mixes)]) for number in range(int(sys.argv[3]))]
    found, _ = differing(cases, oracle)
    print(f"{len(found)} of {len(cases)} differ")
    left = sorted({tuple(case) for case in smaller([cases[index] for index in found[:12]], oracle)})
    _, both = differing([list(case) for case in left], oracle)
    for case, (mine, theirs) in zip(left, both):
        print(repr(case), "\n  blackbox", *mine, f"\n  {sys.argv[2]}", *theirs)
