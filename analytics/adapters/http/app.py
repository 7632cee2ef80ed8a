"""The HTTP application: API, pages, health."""

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from analytics import metrics
from analytics.adapters.http.competitions import competition_routes
from analytics.adapters.http.errors import handle_errors
from analytics.adapters.http.sessions import session_routes
from analytics.adapters.http.signed_in import SignedIn
from analytics.adapters.http.site import Config, config_routes, policy, serve_pages
from analytics.reading import Reading
from infra.health import Health, health_routes
from infra.identity import TokenVerifier

_DESCRIPTION = "Sessions, reports and leaderboards. Errors come as {code, message, hint}."


def make_app(reading: Reading, verifier: TokenVerifier, config: Config, health: Health) -> ASGIApp:
    app = FastAPI(title="Rostrum", version="1", description=_DESCRIPTION, docs_url=None, redoc_url=None)
    handle_errors(app)
    signed_in = SignedIn(verifier)
    app.include_router(competition_routes(reading, signed_in))
    app.include_router(session_routes(reading, signed_in))
    app.include_router(config_routes(config))
    app.router.routes.extend(health_routes(health))
    serve_pages(app)
    return _Envelope(app, policy(config.edge))


class _Envelope:
    """What every answer has: the headers that keep a browser strict, and a count."""

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
        async def send_enveloped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # Answers are somebody's own, and pages change with the program.
                headers.setdefault("Cache-Control", "no-store" if scope["path"].startswith("/api/") else "no-cache")
                route = getattr(scope.get("route"), "path", "pages")
                metrics.REQUESTS.labels(scope["method"], route, message["status"]).inc()
            await send(message)

        await self._app(scope, receive, send_enveloped if scope["type"] == "http" else send)
