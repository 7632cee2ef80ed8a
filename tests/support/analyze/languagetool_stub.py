"""LanguageTool's HTTP interface without its rules: a server on a real socket that never finds anything.

In a test: `with silent_languagetool() as port: ...`. As a command, for benchmarks: `python -m
tests.support.analyze.languagetool_stub`, which prints the port once it listens.
"""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ANSWER = json.dumps({"software": {"name": "LanguageTool", "version": "6.6"}, "matches": []}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go out in one packet: a client would wait 40 ms for the second one.
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(_ANSWER)))
        self.end_headers()
        self.wfile.write(_ANSWER)

    def log_message(self, *_args: object) -> None:
        """No log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Accepts this many connections at once; the library's default of 5 would reject the others.
    request_queue_size = 1024


@contextmanager
def silent_languagetool() -> Iterator[int]:
    """Its port, while the block runs."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with silent_languagetool() as port:
        print(port, flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
