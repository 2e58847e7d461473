#!/usr/bin/env python3
"""Drives the player on a pseudo-terminal of 80x24: drive.py BLACKBOX SESSION...

Prints when the first screen stood, how long a jump takes to show, and what playing costs: processor time over wall time.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time


def screen(fd, until, seconds):
    """Reads until a pattern came, and tells when."""
    data, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        if not ready:
            break
        try:
            data += os.read(fd, 1 << 16)
        except OSError:
            break
        if re.search(until, data):
            return time.monotonic()
    return None


def picture(fd, seconds):
    """Reads until a new picture came, and tells when: the player sends changed cells only, so what tells it from an
    echo or a progress figure is that it is many bytes in one go."""
    end, last, size = time.monotonic() + seconds, 0.0, 0
    while time.monotonic() < end:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        now = time.monotonic()
        if not ready:
            break
        if now - last > 0.015:
            size = 0
        try:
            size += len(os.read(fd, 1 << 16))
        except OSError:
            break
        last = now
        if size > 500:
            return now
    return None


def cpu(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


start = time.monotonic()
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execv(sys.argv[1], [sys.argv[1], "replay", "--paused", *sys.argv[2:]])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
shown = screen(fd, rb"CHECKING|VERIFIED|UNVERIFIED", 10)
print("first screen after", round((shown - start) * 1000, 1) if shown else "never", "ms")
for percent in (50, 10, 90, 30):
    before = time.monotonic()
    os.write(fd, b":%d%%\r" % percent)
    shown = picture(fd, 30)
    print(f"to {percent} %: shown after", round((shown - before) * 1000, 1) if shown else "never", "ms")
    screen(fd, rb"$^", 0.3)
wait = time.monotonic() + 240
while time.monotonic() < wait:
    before = cpu(pid)
    screen(fd, rb"$^", 2)
    if cpu(pid) - before < 0.1:
        break
os.write(fd, b"g")
os.write(fd, b" ")
screen(fd, rb"$^", 1)
before, begun = cpu(pid), time.monotonic()
screen(fd, rb"$^", 5)
print("playing takes", round((cpu(pid) - before) / (time.monotonic() - begun) * 100, 1), "% of a core")
status = open(f"/proc/{pid}/status").read()
print("peak memory", int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) // 1024, "MB")
os.write(fd, b"q")
screen(fd, rb"$^", 0.5)
os.kill(pid, signal.SIGTERM)
os.waitpid(pid, 0)
