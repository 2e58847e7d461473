#!/usr/bin/env python3
"""Writes a stream of terminal output for a screen of 132 x 43: streams.py KIND BYTES FILE

KIND is mixed, fullscreen or plain. The same arguments give the same bytes. No program is run: each
writer below emits what programs of its sort emit. mixed takes segments of about 128 KiB: a third
directory listings in colour, a third full-screen programs, a sixth text in many scripts, a sixth
logs and progress bars.
"""
import random
import sys

COLUMNS, ROWS = 132, 43
STEMS = "notes parser writer index store report bundle digest frame policy agent ledger".split()
ENDINGS = [".swift", ".c", ".h", ".md", ".json", ".tar.gz", ".so", ""]
COLOURS = {".tar.gz": "01;31", ".so": "35"}


def sgr(codes, text):
    return f"\x1b[{codes}m{text}\x1b[0m"


def name(rng):
    return f"{rng.choice(STEMS)}{rng.randrange(10000)}"


def listing(rng):
    """One directory of `ls -l --color`."""
    lines = [f"\r\n./{name(rng)}:\r\ntotal {rng.randrange(9000)}\r\n\x1b[0m"]
    for _ in range(rng.randint(10, 80)):
        ending = rng.choice(ENDINGS)
        file = name(rng) + ending
        dice = rng.random()
        colour = "01;34" if dice < 0.15 else "01;32" if dice < 0.3 else COLOURS.get(ending)
        lines.append(
            f"-rw-r--r-- {rng.randint(1, 5)} agent agent {rng.randrange(10**7):8} "
            f"Jan {rng.randint(1, 28):2} {rng.randrange(24):02}:{rng.randrange(60):02} "
            + (sgr(colour, file) if colour else file) + "\r\n")
    return "".join(lines)


def monitor(rng):
    """One refresh of a process monitor on the alternate screen."""
    out = ["\x1b[?1049h\x1b[?25l\x1b[H"]
    for core in range(4):
        load = rng.randrange(37)
        out.append(
            f"\x1b[{core + 2};3H\x1b[36m{core}\x1b[1;39m[\x1b[0;32m{'|' * load}"
            f"\x1b[30;1m{' ' * (36 - load)}{load * 2.7:5.1f}%\x1b[39m]\x1b[m")
    out.append(f"\x1b[8;1H\x1b[30;42m{'  PID USER     PRI  VIRT   RES CPU% MEM% COMMAND':<132}\x1b[m")
    for row in range(9, ROWS):
        out.append(
            f"\x1b[{row};1H{rng.randrange(100000):6} agent     20 \x1b[36m{rng.randrange(9999):5}M"
            f"\x1b[m {rng.randrange(900):4}M {rng.random() * 99:4.1f} {rng.random() * 9:4.1f} "
            f"\x1b[32m/usr/bin/{rng.choice(STEMS)}\x1b[m --shard={rng.randrange(64)}\x1b[K")
    out.append("\x1b[43;1H\x1b[?1049l\x1b[?25h")
    return "".join(out)


def code(rng):
    return (
        "  " * rng.randint(0, 5) + sgr("33", rng.choice(["let", "guard", "return", "func"]))
        + f" {rng.choice(STEMS)}" + sgr("35", "(") + sgr("36", rng.choice(STEMS)) + sgr("35", ")")
        + ' { "' + sgr("32", rng.choice(STEMS)) + '" }')


def editor(rng):
    """A burst of paging, scrolling in a region and typing in a full-screen editor."""
    out = [f"\x1b[?1049h\x1b[?2004h\x1b[1;{ROWS}r\x1b[H\x1b[2J"]
    line = rng.randrange(1000)
    for _ in range(40):
        dice = rng.random()
        if dice < 0.3:
            out.append("\x1b[?25l")
            for row in range(1, ROWS):
                out.append(f"\x1b[{row};1H\x1b[33m{line + row:5} \x1b[0m{code(rng)}\x1b[K")
            line += ROWS
        elif dice < 0.7:
            out.append(
                f"\x1b[1;{ROWS - 1}r\x1b[{ROWS - 1};1H\n\x1b[1;{ROWS}r\x1b[{ROWS - 1};1H"
                f"\x1b[33m{line:5} \x1b[0m{code(rng)}")
            line += 1
        elif dice < 0.9:
            for column in range(1, rng.randint(2, 14)):
                out.append(f"\x1b[20;{column + 6}H{chr(97 + rng.randrange(26))}\x1b[K")
        else:
            out.append(f"\x1b[{rng.randint(2, 40)};5H\x1b[L{code(rng)}\x1b[5G\x1b[2P\x1b[M")
        out.append(f"\x1b[{ROWS};110H{line},{line % 80}   \x1b[20;7H\x1b[?25h")
    out.append(f"\x1b[?2004l\x1b[{ROWS};1H\x1b[K\x1b[?1049l")
    return "".join(out)


HAN = "记录证据审计时间事件链终端重放完整签名"
OTHER = ["Größe façade naïve ", "Привет журнал ", "καταγραφή ", "łódź żółć ", "日本語の記録 ", "한국어 기록 "]
SIGNS = ["✅", "❌", "🚀", "⚠️", "👩‍💻", "🇩🇪", "👍🏽", "e\u0301"]


def scripts(rng):
    """A paragraph in several scripts, a table of box drawing characters, a few emoji."""
    dice = rng.random()
    if dice < 0.4:
        return "".join(rng.choice(HAN) for _ in range(rng.randint(5, 60))) + "\r\n"
    if dice < 0.7:
        return "".join(rng.choice(OTHER) for _ in range(rng.randint(1, 8))) + "\r\n"
    if dice < 0.85:
        cells = " │ ".join(f"{name(rng):<12}" for _ in range(rng.randint(2, 7)))
        return f"│ {cells} │\r\n├{'─' * rng.randint(20, 100)}┤\r\n"
    return " ".join(rng.choice(SIGNS) + " " + rng.choice(STEMS) for _ in range(6)) + "\r\n"


def log(rng):
    dice = rng.random()
    if dice < 0.75:
        level = rng.choice(["INFO", "INFO", "INFO", "DEBUG", sgr("33", "WARN"), sgr("31", "ERROR")])
        return (
            f"2026-01-{rng.randint(1, 28):02}T{rng.randrange(24):02}:00:00.{rng.randrange(1000):03}Z "
            f"{level} session={rng.randrange(10**9)} agent={rng.choice(STEMS)} "
            f"took={rng.randrange(900)}ms status=200\r\n")
    if dice < 0.9:
        return " ".join(f"{rng.randrange(256):02x}" for _ in range(40)) + "\r\n"
    return "".join(f"\r\x1b[K{'#' * step:<50} {step * 2}%" for step in range(0, 51, 5)) + "\r\n"


def plain(rng):
    """Log text without one escape sequence."""
    return (
        f"2026-01-{rng.randint(1, 28):02} {rng.choice(STEMS)} session={rng.randrange(10**9)} "
        f"read {rng.randrange(10**6)} bytes from {name(rng)} in {rng.randrange(900)} ms\r\n")


def main():
    kind, size, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    rng = random.Random(f"{kind} 1")
    written = 0
    with open(path, "wb") as file:
        while written < size:
            dice = rng.random()
            if kind == "plain":
                writer = plain
            elif kind == "fullscreen":
                writer = monitor if dice < 0.5 else editor
            else:
                writer = (
                    listing if dice < 1 / 3 else monitor if dice < 1 / 2 else editor if dice < 2 / 3
                    else scripts if dice < 5 / 6 else log)
            segment, length = [], 0
            while length < 131072:
                piece = writer(rng).encode()
                segment.append(piece)
                length += len(piece)
            file.write(b"".join(segment))
            written += length


main()
