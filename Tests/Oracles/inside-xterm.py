"""Runs inside xterm: draws each case on an empty screen, asks for the cursor, has the page printed.

inside-xterm.py CASES RESULTS PAGE: CASES and RESULTS as differential.py writes and reads them;
PAGE is where xterm's printerCommand puts a page (and PAGE.done, once it is whole).
"""
import os
import re
import select
import struct
import sys
import time
import tty

cases, results, page_path = sys.argv[1:4]
# Both screens empty, nothing left of the case before.
CLEAN = b"\x1b<\x1b[?1047h\x1bc\x1b[2J\x1b[?1047h\x1b[2J\x1b[?1047l\x1bc\x1b[!p\x1b[?40l"


def write(data):
    while data:
        data = data[os.write(1, data):]


def ask(question, end):
    """Writes a question and waits for an answer that ends so, ten seconds at most."""
    write(question)
    answer, start = b"", time.time()
    while time.time() - start < 10:
        if select.select([0], [], [], 1)[0]:
            answer += os.read(0, 4096)
            if answer.endswith(end) and b"\x1b[" in answer:
                break
    return answer


def printed():
    for _ in range(400):
        if os.path.exists(page_path + ".done"):
            with open(page_path, "rb") as file:
                page = file.read()
            os.unlink(page_path + ".done")
            return page
        time.sleep(0.005)
    return b"no page was printed"


tty.setraw(0)
with open(cases, "rb") as file:
    data = file.read()
with open(results, "wb") as out:
    place = 0
    while place < len(data):
        _, _, count = struct.unpack("<HHI", data[place:place + 8])
        feed = data[place + 8:place + 8 + count]
        place += 8 + count
        write(CLEAN)
        ask(b"\x1b[6n", b"R")
        # In VT52 mode it would give other answers.
        write(feed + b"\x1b<")
        # Under DECOM the answer counts from the margins: then the cursor is not compared.
        origin = re.findall(rb"\x1b\[\?6;(\d)\$y", ask(b"\x1b[?6$p", b"y"))
        cursor = re.findall(rb"\x1b\[(\d+);(\d+)R", ask(b"\x1b[6n", b"R"))
        row, column = (int(value) - 1 for value in cursor[-1])
        write(b"\x1b[?19h\x1b[?6l\x1b[r\x1b[0i")
        ask(b"\x1b[6n", b"R")
        page = printed()
        out.write(struct.pack("<IIII", row, column, origin[-1:] == [b"1"], len(page)) + page)
