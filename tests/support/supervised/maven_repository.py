"""A Maven repository on loopback, for tests of downloads."""

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Repository:
    """`files`: content by path. `broken`: paths whose connection is cut without an answer. `asked`: how often each
    path was."""

    files: dict[str, bytes] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    url: str = ""

    def add(self, artifact: str, content: bytes) -> str:
        """Add a jar of group `g`, version 1; returns its entry for a lock."""
        self.files[path_of(artifact)] = content
        digest = hashlib.sha256(content).hexdigest()
        return f'[[dependencies]]\ngroupId = "g"\nartifactId = "{artifact}"\nversion = "1"\nsha256 = "{digest}"\n'


def path_of(artifact: str) -> str:
    return f"/g/{artifact}/1/{artifact}-1.jar"


@contextmanager
def maven_repository() -> Iterator[Repository]:
    """Serves the repository while the block runs."""
    repository = Repository()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            repository.asked[self.path] += 1
            if self.path in repository.broken:
                return
            content = repository.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        repository.url = f"http://127.0.0.1:{server.server_address[1]}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield repository
        finally:
            server.shutdown()
            serving.join()
