"""The HTTP application: API, pages, health."""

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics import metrics
from analytics.adapters.http.auth import Authentication
from analytics.adapters.http.competitions import competition_routes
from analytics.adapters.http.errors import handle_errors
from analytics.adapters.http.pages import PageConfig, config_routes, content_security_policy, serve_pages
from analytics.adapters.http.sessions import session_routes
from analytics.queries import Queries
from infra.health import Health, health_routes
from infra.identity import TokenVerifier

_DESCRIPTION = "Sessions, reports and leaderboards. Errors are {code, message, hint}."


def make_app(queries: Queries, verifier: TokenVerifier, config: PageConfig, health: Health) -> ASGIApp:
    app = FastAPI(title="Rostrum", version="1", description=_DESCRIPTION, docs_url=None, redoc_url=None)
    handle_errors(app)
    auth = Authentication(verifier)
    app.include_router(competition_routes(queries, auth))
    app.include_router(session_routes(queries, auth))
    app.include_router(config_routes(config))
    app.router.routes.extend(health_routes(health))
    serve_pages(app)
    return _ResponseMiddleware(app, content_security_policy(config.edge))


class _ResponseMiddleware:
    """Adds the security headers to every response, and counts it."""

    def __init__(self, app: ASGIApp, content_policy: str) -> None:
        self._app = app
        self._headers = {
            "Content-Security-Policy": content_policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "microphone=(self)",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # API responses are personal, and the pages change with the program's version.
                headers.setdefault("Cache-Control", "no-store" if scope["path"].startswith("/api/") else "no-cache")
                route = getattr(scope.get("route"), "path", "pages")
                metrics.HTTP_REQUESTS.labels(scope["method"], route, message["status"]).inc()
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
