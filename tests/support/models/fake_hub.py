"""A model hub and a package index on this machine."""

import hashlib
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from pathlib import Path

from infra.speech_models.catalogue import Wheel

FILES = {"config.json": b"{}", "model.bin": b"weights " * 1000, "tokenizer.json": b"[]", "vocabulary.txt": b"a\nb\n"}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class FakeHub:
    """Serves repositories as the model hub does."""

    repositories: Mapping[str, Mapping[str, bytes]] = field(default_factory=lambda: {"me/model": FILES})
    sends: Mapping[str, bytes] = field(default_factory=dict)
    """What is sent instead of a file, by its name."""
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        self.requests.append(path)
        for name, files in self.repositories.items():
            if path.startswith(f"/api/models/{name}?"):
                return 200, dumps(_listed({"README.md": b"about", **files})).encode()
            if path.startswith(f"/{name}/resolve/{COMMIT}/"):
                file = path.rpartition("/")[2]
                return 200, self.sends.get(file, files[file])
        return 404, b"{}"


def _listed(files: Mapping[str, bytes]) -> dict[str, object]:
    siblings = [
        {"rfilename": name, "size": len(content), "blobId": "x"}
        | ({"lfs": {"sha256": sha256(content), "size": len(content)}} if name.endswith(".bin") else {})
        for name, content in files.items()
    ]
    return {"id": "x", "sha": COMMIT, "siblings": siblings}


@contextmanager
def hub_running(hub: FakeHub) -> Iterator[FakeHub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = hub.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def make_wheel(folder: Path, project: str, files: Mapping[str, bytes]) -> Wheel:
    """A package with these files in its folder `data`."""
    package = project.replace("-", "_")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package}-1.0-py3-none-any.whl"
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{package}/__init__.py", "raise SystemExit('imported')\n")
        for name, content in files.items():
            archive.writestr(f"{package}/data/{name}", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return Wheel(project, "1.0", sha256(path.read_bytes()), f"{package}/data")
