"""The practice page, its configuration, and a list of the API's routes. All files come from this server."""

from importlib.resources import files
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from analytics.adapters.http.templates import render
from infra.settings import EdgePortSettings
from schemas.audio import FRAME_BYTES, FRAME_MS, SAMPLE_RATE
from schemas.base import Schema
from schemas.wire import PROTOCOL_VERSION

_STREAM_PATH = "/v1/stream"


class EdgeUrls(Schema):
    """Where a client connects."""

    wss_url: str | None
    ws_url: str | None
    """Null if the edge does not accept connections without TLS."""

    @classmethod
    def at(cls, url: str) -> "EdgeUrls":
        """The edge at one address; without a path, the protocol's path is added."""
        address = url if urlsplit(url).path.strip("/") else url.rstrip("/") + _STREAM_PATH
        is_plain = url.startswith("ws://")
        return cls(wss_url=None if is_plain else address, ws_url=address if is_plain else None)

    @classmethod
    def on_this_machine(cls, ports: EdgePortSettings) -> "EdgeUrls":
        plain = f"ws://127.0.0.1:{ports.plain_port}{_STREAM_PATH}" if ports.plain_port else None
        return cls(wss_url=f"wss://localhost:{ports.port}{_STREAM_PATH}", ws_url=plain)


class PageLimits(Schema):
    session_s: int
    resume_grace_s: int
    message_bytes: int
    display_name: int = 40
    topic: int = 80


class PageAudio(Schema):
    sample_rate: int = SAMPLE_RATE
    frame_ms: int = FRAME_MS
    frame_bytes: int = FRAME_BYTES


class PageConfig(Schema):
    """What the page must know; the body of `GET /api/config`."""

    protocol: int = PROTOCOL_VERSION
    development: bool
    public_leaderboards: bool
    edge: EdgeUrls
    limits: PageLimits
    audio: PageAudio = PageAudio()


def content_security_policy(edge: EdgeUrls) -> str:
    """The policy of every response: only this site's own files, and WebSockets to the edge."""
    parts = [urlsplit(url) for url in (edge.ws_url, edge.wss_url) if url]
    sockets = " ".join(f"{part.scheme}://{part.netloc}" for part in parts)
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def config_routes(config: PageConfig) -> APIRouter:
    routes = APIRouter(tags=["page"])

    @routes.get("/api/config", summary="Configuration of the practice page")
    async def get_config() -> PageConfig:
        return config

    return routes


def serve_pages(app: FastAPI) -> None:
    """The list of routes at `/docs`, and the page's files at all other paths: mount this last."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(render("api.html", **app.openapi()))

    app.mount("/", StaticFiles(directory=str(files("analytics") / "pages"), html=True), name="pages")
