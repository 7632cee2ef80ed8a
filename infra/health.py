"""Each stage's health port: `/healthz` (the event loop responds), `/readyz` (it can do its work), `/metrics`."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp


class Health:
    """Whether this process can do its work, and if not, why."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {"start": "still starting"}

    def ready(self, part: str = "start") -> None:
        self._reasons.pop(part, None)

    def not_ready(self, part: str, reason: str) -> None:
        self._reasons[part] = reason

    @property
    def reasons(self) -> dict[str, str]:
        return dict(self._reasons)


def health_routes(health: Health) -> list[Route]:
    """The three routes, for a stage with its own HTTP server."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_request: Request) -> Response:
        reasons = health.reasons
        return JSONResponse({"ready": not reasons, "reasons": reasons}, status_code=503 if reasons else 200)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


class _UvicornServer(uvicorn.Server):
    """uvicorn without its signal handlers: `lifecycle.py` handles the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serve_http(app: ASGIApp, host: str, port: int) -> AsyncIterator[int]:
    """Serve an ASGI application while the block runs; yields the port, which matters if 0 was requested. Raises OSError
    if the port is taken."""
    sock = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2)
    server = _UvicornServer(config)
    serving = asyncio.create_task(server.serve([sock]))
    try:
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def serve_health(health: Health, host: str, port: int) -> AsyncIterator[int]:
    async with serve_http(Starlette(routes=health_routes(health)), host, port) as bound:
        yield bound
