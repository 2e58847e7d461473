#!/usr/bin/env python3
"""Writes so many megabytes of what a long terminal session prints, the same for the same size.

A log that scrolls, coloured lists, a progress bar, an editor's screen: real sessions mix them. Usage: session.py MEGABYTES
"""
import random
import sys

rng = random.Random(20261125)
wanted = int(sys.argv[1]) * 1_000_000
out = sys.stdout.buffer
words = (
    "request finished user table index commit query cache worker socket thread policy agent approve mask block "
    "session stream buffer packet retry timeout connect select insert update delete"
).split()


def log(n):
    lines = []
    for i in range(300):
        level = rng.choice(["\033[32mINFO\033[0m", "\033[33mWARN\033[0m", "\033[32mINFO\033[0m"])
        lines.append(
            f"2026-11-25T13:{n // 60 % 60:02}:{n % 60:02}.{i:03} {level} app[{n}]: "
            f"{rng.choice(words)} {rng.choice(words)} {rng.randrange(1 << 30):x} took {rng.randrange(900)} ms"
        )
    return "\r\n".join(lines) + "\r\n"


def listing(n):
    rows = []
    for i in range(60):
        name = f"{rng.choice(words)}-{rng.randrange(999)}"
        rows.append(f"-rw-r--r-- 1 app app {rng.randrange(1 << 24):9} Nov 25 13:00 \033[01;34m{name}\033[0m")
    return "\r\n".join(rows) + "\r\n"


def bar(n):
    steps = []
    for i in range(100):
        full = i // 3
        steps.append("\r\033[K%s downloading %s%s %d%%" % (rng.choice("|/-+"), "#" * full, "." * (33 - full), i))
    return "".join(steps) + "\r\n"


def editor(n):
    rows = ["\033[?1049h\033[2J"]
    for frame in range(4):
        for row in range(1, 24):
            text = " ".join(rng.choice(words) for _ in range(9))[:70]
            rows.append(f"\033[{row};1H\033[38;5;{rng.randrange(256)}m{row:3} {text}\033[0m\033[K")
        rows.append(f"\033[24;1H\033[7m -- INSERT -- {n},{frame} \033[0m\033[K")
    rows.append("\033[?1049l")
    return "".join(rows)


kinds = [log, log, listing, bar, editor]
written, n = 0, 0
while written < wanted:
    # One in a thousand pieces holds what a search looks for.
    text = f"needle-{n} in the haystack\r\n" if n % 1000 == 999 else ""
    data = (text + rng.choice(kinds)(n)).encode()
    written += len(data)
    n += 1
    out.write(data)
