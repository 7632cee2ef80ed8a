"""The practice page, what it must know, and a plain list of the API: no script or style from elsewhere."""

from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from infra.settings import EdgePortSettings
from schemas.audio import FRAME_BYTES, FRAME_MS, SAMPLE_RATE
from schemas.base import Schema
from schemas.wire import PROTOCOL_VERSION

_STREAM_PATH = "/v1/stream"


class Edge(Schema):
    """Where a client connects. `ws_url` is null where nothing listens in plain."""

    wss_url: str | None
    ws_url: str | None

    @classmethod
    def at(cls, url: str) -> "Edge":
        """The edge behind one address; without a path it is the protocol's."""
        address = url if urlsplit(url).path.strip("/") else url.rstrip("/") + _STREAM_PATH
        is_plain = url.startswith("ws://")
        return cls(wss_url=None if is_plain else address, ws_url=address if is_plain else None)

    @classmethod
    def on_this_machine(cls, ports: EdgePortSettings) -> "Edge":
        plain = f"ws://127.0.0.1:{ports.plain_port}{_STREAM_PATH}" if ports.plain_port else None
        return cls(wss_url=f"wss://localhost:{ports.port}{_STREAM_PATH}", ws_url=plain)


class ConfigLimits(Schema):
    session_s: int
    resume_grace_s: int
    message_bytes: int
    display_name: int = 40
    topic: int = 80


class Audio(Schema):
    sample_rate: int = SAMPLE_RATE
    frame_ms: int = FRAME_MS
    frame_bytes: int = FRAME_BYTES


class Config(Schema):
    protocol: int = PROTOCOL_VERSION
    development: bool
    public_leaderboards: bool
    edge: Edge
    limits: ConfigLimits
    audio: Audio = Audio()


def policy(edge: Edge) -> str:
    """The Content-Security-Policy of every answer: nothing but this site's own files, and a socket to the edge."""
    parts = [urlsplit(url) for url in (edge.ws_url, edge.wss_url) if url]
    sockets = " ".join(f"{part.scheme}://{part.netloc}" for part in parts)
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def config_routes(config: Config) -> APIRouter:
    routes = APIRouter(tags=["page"])

    @routes.get("/api/config", summary="What a page must know")
    async def get_config() -> Config:
        return config

    return routes


def serve_pages(app: FastAPI) -> None:
    """The list of the API at `/docs`, and the page's files at all paths that no route has: mount it last."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(api_page(app.openapi()))

    app.mount("/", StaticFiles(directory=str(files("analytics") / "pages"), html=True), name="pages")


def api_page(openapi: dict[str, Any]) -> str:
    """An OpenAPI description as HTML."""
    rows = "".join(
        f"<tr><td><code>{escape(method.upper())}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('summary', ''))}{_parameters(operation)}</td></tr>"
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    )
    title = escape(openapi["info"]["title"])
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><link rel=stylesheet href=/style.css><main><h1>{title}</h1>"
        f"<p>{escape(openapi['info'].get('description', ''))} The whole description is at "
        "<a href=/openapi.json>/openapi.json</a>, the practice page at <a href=/>the front</a>.</p>"
        f"<table><thead><tr><th>Method<th>Path<th>What it does</thead><tbody>{rows}</tbody></table></main></html>"
    )


def _parameters(operation: dict[str, Any]) -> str:
    named = [
        f"<code>{escape(parameter['name'])}</code>" + _described(parameter)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    ]
    return f"<br><small>{', '.join(named)}</small>" if named else ""


def _described(parameter: dict[str, Any]) -> str:
    return f" ({escape(parameter['description'])})" if parameter.get("description") else ""
