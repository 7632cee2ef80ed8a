"""Whether a process can do its work, as its ports tell."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from local import probes
from local.probes import port_probe, stage_probe
from local.tcp_ports import free_port


@asynccontextmanager
async def serving(response: bytes | None) -> AsyncIterator[int]:
    """The port of a server that gives this response to everything; None: it never answers."""
    handled: list[asyncio.Future[None]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if response is None:
            await reader.read()
        else:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(response)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handled.append(asyncio.ensure_future(answer(reader, writer)))

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.gather(*handled)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n{}", None),
        (b'HTTP/1.1 503 Busy\r\n\r\n{"reasons": {"kafka": "away", "start": "early"}}', "kafka: away; start: early"),
        (b'HTTP/1.1 503 Busy\r\n\r\n{"reasons": {}}', "not ready"),
        (b"HTTP/1.1 503 Busy\r\n\r\n[]", "not ready"),
        (b"HTTP/1.1 503 Busy\r\n\r\nhalf a {", "not ready"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "does not answer"),
        (b"SSH-2.0-another program\r\n", "does not answer"),
        (b"", "does not answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_000_000, None),
    ],
)
async def test_a_stage_is_ready_if_it_says_so(response: bytes, reason: str | None) -> None:
    async with serving(response) as port:
        assert await stage_probe(port)() == reason


async def test_a_stage_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "_TIMEOUT_S", 0.05)
    async with serving(None) as port:
        assert await stage_probe(port)() == "does not answer"


async def test_a_program_that_serves_no_health_is_ready_once_its_port_is_open() -> None:
    closed = free_port()
    assert await port_probe(closed)() == "does not answer"
    assert await stage_probe(closed)() == "does not answer"
    async with serving(None) as port:
        assert await port_probe(port)() is None
