"""How much of a core the player takes while it plays, and how many frames a second it draws.

    swift build -c release --product blackbox
    python3 Benchmarks/player/frames.py .build/release/blackbox

A session of ten seconds that changes its screen 200 times a second is recorded, then played on terminals of several
sizes. Frames are writes that the terminal received; the time is the player's own, user and system.
"""
import fcntl, json, os, pty, resource, select, struct, subprocess, sys, tempfile, termios, time

program = os.path.abspath(sys.argv[1])
place = tempfile.mkdtemp(prefix="player-bench-")
environment = dict(os.environ, BLACKBOX_STORE=place + "/store", BLACKBOX_STATE=place + "/state", TERM="xterm-256color")
flood = (
    "import sys,time\n"
    "start=time.monotonic()\n"
    "for i in range(2000):\n"
    "    sys.stdout.write(f'\\x1b[3{i%7+1}mline {i} of a build that says a lot: compiling module {i%97}\\x1b[0m\\r\\n'); sys.stdout.flush()\n"
    "    time.sleep(max(0, start+(i+1)*0.005-time.monotonic()))\n"
)


def on_terminal(arguments, columns, rows):
    """Runs the program on a terminal; returns seconds, CPU seconds, and the number of writes seen."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ.clear()
        os.environ.update(environment)
        os.execv(program, [program] + arguments)
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    start, writes, size = time.monotonic(), 0, 0
    while True:
        try:
            data = os.read(master, 1 << 20)
        except OSError:
            break
        if not data:
            break
        writes, size = writes + 1, size + len(data)
    _, _, usage = os.wait4(pid, 0)
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, writes, size


subprocess.run([program, "init", "--origin", "bench.example/player"], env=environment, check=True, capture_output=True)
on_terminal(["record", "--agent", "bench", "--", sys.executable, "-c", flood], 80, 24)
for columns, rows in [(80, 24), (120, 40), (200, 60)]:
    seconds, cpu, writes, size = on_terminal(["replay", "@last", "--no-input"], columns, rows)
    print(json.dumps({
        "terminal": f"{columns}x{rows}", "seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2),
        "core_percent": round(100 * cpu / seconds, 1), "frames_per_second": round(writes / seconds, 1),
        "bytes_per_frame": round(size / max(1, writes)),
    }))
