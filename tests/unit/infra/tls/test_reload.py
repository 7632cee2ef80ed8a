"""A certificate that is replaced while in use."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from infra.tls.contexts import client_context, server_context
from infra.tls.development import Certificate, development_certificate
from infra.tls.reload import reload_when_changed
from tests.support.waiting import DEADLINE_S


@asynccontextmanager
async def serving(context: ssl.SSLContext) -> AsyncIterator[int]:
    """A server that says back what it hears; its port."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def connect(port: int, authority: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("localhost", port, ssl=client_context(authority))


async def said_back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.write(b"here\n")
    return await reader.readline() == b"here\n"


def replace(used: Certificate, newer: Certificate, *names: str) -> None:
    for name in names:
        shutil.copyfile(getattr(newer, name), getattr(used, name))


async def test_new_connections_get_the_new_certificate_and_old_ones_continue(tmp_path: Path) -> None:
    used, newer = development_certificate(tmp_path / "a"), development_certificate(tmp_path / "b")
    context = server_context(used.chain, used.key)
    older_authority = tmp_path / "older.pem"
    shutil.copyfile(used.authority, older_authority)
    reloads: asyncio.Queue[bool] = asyncio.Queue()
    watching = asyncio.create_task(
        reload_when_changed(context, used.chain, used.key, every_s=0.02, on_reload=reloads.put_nowait)
    )
    async with asyncio.timeout(DEADLINE_S), serving(context) as port:
        reader, writer = await connect(port, older_authority)
        assert await said_back(reader, writer)
        await asyncio.sleep(0.1)
        assert reloads.empty()

        replace(used, newer, "chain")  # Half of it: of no use yet.
        assert not await reloads.get()
        _, half = await connect(port, older_authority)
        replace(used, newer, "key")
        assert await reloads.get()
        assert await said_back(reader, writer)
        newer_reader, newer_writer = await connect(port, newer.authority)
        assert await said_back(newer_reader, newer_writer)

        used.key.unlink()
        assert not await reloads.get()
        _, last = await connect(port, newer.authority)
        for each in (writer, half, newer_writer, last):
            each.close()
            await each.wait_closed()
    watching.cancel()
