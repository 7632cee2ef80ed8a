"""A small program for the supervisor's tests: records when it starts and ends, and misbehaves on request.

    python -I -S fake_stage.py NAME EVENTS_FILE HEALTH_PORT [--deaf] [--exit CODE] [--say TEXT] [--child]

It is ready: every request to HEALTH_PORT gets a 200. --deaf: ignores SIGTERM. --exit: ends at once. --child: first
starts a child process, whose id it writes to the events."""

import signal
import socketserver
import subprocess
import sys
from pathlib import Path
from types import FrameType

NAME, EVENTS, PORT, *OPTIONS = sys.argv[1:]


def record(event: str) -> None:
    with Path(EVENTS).open("a") as file:
        file.write(f"{NAME} {event}\n")


def end(_number: int, _frame: FrameType | None) -> None:
    record("ended")
    sys.exit(0)


class AlwaysReady(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.rfile.readline()
        self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n{}")


class Server(socketserver.TCPServer):
    allow_reuse_address = True


signal.signal(signal.SIGTERM, signal.SIG_IGN if "--deaf" in OPTIONS else end)
record("started")
if "--say" in OPTIONS:
    print(OPTIONS[OPTIONS.index("--say") + 1], flush=True)
if "--exit" in OPTIONS:
    sys.exit(int(OPTIONS[OPTIONS.index("--exit") + 1]))
if "--child" in OPTIONS:
    record(f"child {subprocess.Popen(['sleep', '1000']).pid}")
with Server(("127.0.0.1", int(PORT)), AlwaysReady) as server:
    server.serve_forever(poll_interval=0.05)
