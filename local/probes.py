"""Whether a process can do its work: None if it can, else why not."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from local.tcp_ports import LOOPBACK

Probe = Callable[[], Awaitable[str | None]]
_TIMEOUT_S = 2.0
_GREATEST_ANSWER_BYTES = 64 * 1024
_SILENT = "does not answer"


def stage_probe(health_port: int) -> Probe:
    """Asks a stage's `/readyz`."""

    async def probe() -> str | None:
        status, body = await _get(health_port, "/readyz")
        if status == 200:
            return None
        return _reasons(body) if status == 503 else _SILENT

    return probe


def port_probe(port: int) -> Probe:
    """Somebody listens. Kafka opens its port only once the controller has let the broker in; LanguageTool, when it can
    serve, and it would log every question asked."""

    async def probe() -> str | None:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(LOOPBACK, port), _TIMEOUT_S)
        except (OSError, TimeoutError):
            return _SILENT
        writer.close()
        return None

    return probe


def _reasons(body: bytes) -> str:
    try:
        reasons = json.loads(body)["reasons"].items()
    except (ValueError, KeyError, AttributeError, TypeError):
        return "not ready"
    return "; ".join(f"{part}: {reason}" for part, reason in reasons) or "not ready"


async def _get(port: int, path: str) -> tuple[int, bytes]:
    """Status and body; status 0 if there is no answer. Done by hand: an HTTP client would be the supervisor's largest
    part, and it asks five times a second while a stack comes up."""
    try:
        return await asyncio.wait_for(_exchange(port, path), _TIMEOUT_S)
    except (OSError, TimeoutError, ValueError, IndexError):
        return 0, b""


async def _exchange(port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=_GREATEST_ANSWER_BYTES)
    try:
        # HTTP/1.0: the server closes after its answer, which therefore ends where the stream does.
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {LOOPBACK}:{port}\r\n\r\n".encode())
        answer = await reader.read(_GREATEST_ANSWER_BYTES)
        while not reader.at_eof() and len(answer) < _GREATEST_ANSWER_BYTES:
            answer += await reader.read(_GREATEST_ANSWER_BYTES)
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), body
    finally:
        writer.close()
