"""ClickHouse's HTTP interface over the embedded engine, as far as clickhouse-connect needs it, on a real socket.

https://clickhouse.com/docs/interfaces/http: the body is the query, followed by the rows of an insert; bound values are
in `param_…`; an error is status 500 with its code in `X-ClickHouse-Exception-Code`."""

import asyncio
import base64
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import chdb
import cramjam
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.health import serve_http

_ROWS_FOLLOW = b" FORMAT Native\n"

USER, PASSWORD = "writer", "a password for tests"
_LOGIN = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


@dataclass
class EngineOverHttp:
    """`fails`: the number of next requests to answer with 503, as a proxy does while its server is away."""

    folder: Path
    fails: int = 0

    async def answer(self, request: Request) -> Response:
        if self.fails:
            self.fails -= 1
            return Response("no upstream", status_code=503)
        if request.headers.get("authorization") != _LOGIN:
            return _error(516, "Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)", 403)
        body = await request.body()
        if request.headers.get("content-encoding") == "lz4":
            body = bytes(cramjam.lz4.decompress(body))
        head, native, rows = body.partition(_ROWS_FOLLOW)
        sql, rows = (head.decode(), rows) if head.startswith(b"INSERT") and native else (body.decode(), b"")
        try:
            return Response(await asyncio.to_thread(self._run, sql, rows, request))
        except RuntimeError as error:
            # chDB has two ChdbError classes; the installer decides which is raised, and both are RuntimeErrors.
            code = re.search(r"Code: (\d+)", str(error))
            return _error(int(code[1]) if code else 1, str(error), 500)

    def _run(self, sql: str, rows: bytes, request: Request) -> bytes:
        form = re.search(r"\s+FORMAT\s+(\w+)\s*$", sql)
        values = {name[6:]: value for name, value in request.query_params.items() if name.startswith("param_")}
        connection = chdb.connect(str(self.folder))
        try:
            if database := request.query_params.get("database"):
                connection.query(f"USE {database}")
            if rows:
                with tempfile.NamedTemporaryFile() as file:
                    file.write(rows)
                    file.flush()
                    connection.query(f"{sql} FROM INFILE '{file.name}' FORMAT Native")
                return b""
            return bytes(connection.query(sql, form[1] if form else "TabSeparated", params=values).bytes() or b"")
        finally:
            connection.close()


def _error(code: int, message: str, status: int) -> Response:
    return Response(message, status_code=status, headers={"X-ClickHouse-Exception-Code": str(code)})


@asynccontextmanager
async def clickhouse_server(folder: Path) -> AsyncIterator[tuple[EngineOverHttp, str]]:
    """The server on a free loopback port, and its address."""
    engine = EngineOverHttp(folder)
    # The engine starts with the first handle and stops with the last: this one keeps it running between requests.
    keeper = chdb.connect(str(folder))
    app = Starlette(routes=[Route("/{rest:path}", engine.answer, methods=["GET", "POST"])])
    try:
        async with serve_http(app, "127.0.0.1", 0) as port:
            yield engine, f"http://127.0.0.1:{port}"
    finally:
        keeper.close()
