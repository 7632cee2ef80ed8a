"""A client without a library: every byte of TLS' inside, of the handshake and of the frames is the test's own."""

import asyncio
import base64
import os
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from infra.tls.contexts import client_context
from tests.support.edge.in_process import Address
from tests.support.waiting import DEADLINE_S

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
KEY = base64.b64encode(os.urandom(16)).decode()
UPGRADE = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
}


def request(first: str = "GET /v1/stream HTTP/1.1", **changed: str | None) -> bytes:
    """A handshake; headers named with underscores are changed, or left out where None is given."""
    headers: dict[str, str | None] = dict(UPGRADE)
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    lines = [first, *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def frame(
    opcode: int, payload: bytes = b"", *, first: int = 0x80, masked: bool = True, length: int | None = None
) -> bytes:
    """RFC 6455, section 5.2. `first`: the bits beside the opcode (0x80: the message's last frame); `length`: what the
    header claims, if not the truth."""
    size = len(payload) if length is None else length
    mask_bit, mask = (0x80, os.urandom(4)) if masked else (0, b"")
    if size < 126:
        head = struct.pack("!BB", first | opcode, mask_bit | size)
    elif size < 2**16:
        head = struct.pack("!BBH", first | opcode, mask_bit | 126, size)
    else:
        head = struct.pack("!BBQ", first | opcode, mask_bit | 127, size)
    hidden = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload)) if masked else payload
    return head + mask + hidden


@dataclass
class Raw:
    """An open connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def give(self, data: bytes) -> None:
        """What the edge does not take any more is as good as taken."""
        try:
            self.writer.write(data)
            await self.writer.drain()
        except (ConnectionError, ssl.SSLError):
            return

    async def status(self) -> int | None:
        """Of the answer to a handshake; None if the edge hung up instead."""
        head = await self._until(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/") else None

    async def answer(self) -> bytes:
        """All of it, once the edge has hung up."""
        return await self._until(None)

    async def close_code(self) -> int | None:
        """Of the edge's close frame; messages before it are passed over. None if it just hung up."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    head = await self.reader.readexactly(2)
                    opcode, size = head[0] & 0x0F, head[1] & 0x7F
                    if size == 126:
                        [size] = struct.unpack("!H", await self.reader.readexactly(2))
                    elif size == 127:
                        [size] = struct.unpack("!Q", await self.reader.readexactly(8))
                    payload = await self.reader.readexactly(size)
                    if opcode == CLOSE:
                        return int.from_bytes(payload[:2], "big")
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return None

    async def _until(self, end: bytes | None) -> bytes:
        try:
            async with asyncio.timeout(DEADLINE_S):
                return await (self.reader.read() if end is None else self.reader.readuntil(end))
        except asyncio.IncompleteReadError as error:
            return error.partial
        except (ConnectionError, ssl.SSLError):
            return b""


@asynccontextmanager
async def connected(address: Address, *, tls: bool = True) -> AsyncIterator[Raw]:
    """A socket to the wss port, with TLS standing or without; cut off at the block's end."""
    context = client_context(address.data / "tls" / "ca.pem") if tls else None
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", address.port, ssl=context, server_hostname="localhost" if tls else None
    )
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def upgraded(address: Address) -> AsyncIterator[Raw]:
    """The same with the handshake done."""
    async with connected(address) as raw:
        await raw.give(request())
        status = await raw.status()
        assert status == 101, status
        yield raw
