"""Readiness probes: each returns None if the process can do its work, otherwise the reason why not."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from local.tcp_ports import LOOPBACK

Probe = Callable[[], Awaitable[str | None]]
_TIMEOUT_S = 2.0
_MAX_RESPONSE_BYTES = 64 * 1024
_NO_ANSWER = "does not answer"


def stage_probe(health_port: int) -> Probe:
    """Requests a stage's `/readyz`."""

    async def probe() -> str | None:
        status, body = await _get(health_port, "/readyz")
        if status == 200:
            return None
        return _reasons(body) if status == 503 else _NO_ANSWER

    return probe


def port_probe(port: int) -> Probe:
    """Connects to the port. Kafka opens it only when the controller has registered the broker, LanguageTool when it can
    serve; a request to LanguageTool would be logged each time."""

    async def probe() -> str | None:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(LOOPBACK, port), _TIMEOUT_S)
        except (OSError, TimeoutError):
            return _NO_ANSWER
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
    """Status and body; status 0 if there is no answer. By hand, because an HTTP client would be the largest part of the
    supervisor, which sends five of these a second while a stack starts."""
    try:
        return await asyncio.wait_for(_exchange(port, path), _TIMEOUT_S)
    except (OSError, TimeoutError, ValueError, IndexError):
        return 0, b""


async def _exchange(port: int, path: str) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=_MAX_RESPONSE_BYTES)
    try:
        # HTTP/1.0: the server closes the connection after its response, so the response ends where the stream does.
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {LOOPBACK}:{port}\r\n\r\n".encode())
        response = await reader.read(_MAX_RESPONSE_BYTES)
        while not reader.at_eof() and len(response) < _MAX_RESPONSE_BYTES:
            response += await reader.read(_MAX_RESPONSE_BYTES)
        head, _, body = response.partition(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), body
    finally:
        writer.close()
