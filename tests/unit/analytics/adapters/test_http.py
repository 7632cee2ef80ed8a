"""The HTTP API: status codes, bodies, headers."""

from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from analytics.adapters.http.app import make_app
from analytics.adapters.http.pages import EdgeUrls, PageConfig, PageLimits
from analytics.core.read_models import Competition, LeaderboardEntry, StoredReport
from analytics.queries import Queries
from infra.clock import SystemClock
from infra.health import Health
from infra.identity import IdentitySettings, TokenVerifier, development_token
from infra.settings import EdgePortSettings, LocalSettings
from schemas.reports import Report
from tests.support.analytics.events import final, report
from tests.support.analytics.fake_fact_store import FakeFactStore, session

SECRET = "a secret for tests, and only for those"


def bearer(
    user: str, *roles: str, org: str = "north", groups: tuple[str, ...] = (), valid_s: float = 60
) -> dict[str, str]:
    token = development_token(SECRET, user, org=org, groups=groups, roles=roles, valid_s=valid_s)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def store() -> FakeFactStore:
    return FakeFactStore(
        known={"cup": Competition(id="cup", name="The Cup")},
        entries=[LeaderboardEntry(rank=1, user_id="ann", display_name="Ann", words=5, sessions=1)],
        sessions={"s1": session()},
        said={"s1": [final(1, "he go to the sea")]},
    )


@pytest.fixture
async def client(store: FakeFactStore, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    verifier = TokenVerifier(IdentitySettings(secret=SecretStr(SECRET)), LocalSettings(data=tmp_path))
    config = PageConfig(
        development=True,
        public_leaderboards=True,
        edge=EdgeUrls.on_this_machine(EdgePortSettings(port=1443, plain_port=1444)),
        limits=PageLimits(session_s=3600, resume_grace_s=30, message_bytes=262_144),
    )
    app = make_app(Queries(store, SystemClock(), public=True, show_user_ids=False), verifier, config, Health())
    # An exception must become a response, as with a real server.
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


def is_error(response: httpx.Response, status: int, code: str) -> bool:
    body: dict[str, Any] = response.json()
    assert set(body) == {"code", "message", "hint"}
    assert all(body.values())
    return (response.status_code, body["code"]) == (status, code)


async def test_a_public_leaderboard_shows_user_ids_only_with_a_token(client: httpx.AsyncClient) -> None:
    response = await client.get("/api/competitions/cup/leaderboard", params={"limit": 5, "day": "2026-06-01"})
    assert response.status_code == 200
    assert response.json()["day"] == "2026-06-01"
    assert response.json()["competition"]["name"] == "The Cup"
    assert response.json()["entries"] == [
        {"rank": 1, "user_id": None, "display_name": "Ann", "words": 5, "sessions": 1}
    ]
    signed_in = await client.get("/api/competitions/cup/leaderboard", headers=bearer("eve"))
    assert signed_in.json()["entries"][0]["user_id"] == "ann"


@pytest.mark.parametrize("query", [{"day": "yesterday"}, {"limit": "0"}, {"limit": "9999"}])
async def test_invalid_query_parameters_are_rejected(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert is_error(await client.get("/api/competitions/cup/leaderboard", params=query), 422, "bad_request")


async def test_an_unknown_competition_is_not_found(client: httpx.AsyncClient) -> None:
    assert is_error(await client.get("/api/competitions/x/leaderboard"), 404, "no_such_competition")


async def test_an_admin_sets_up_a_competition(client: httpx.AsyncClient, store: FakeFactStore) -> None:
    body = {"name": "Autumn", "time_zone": "Europe/Berlin", "starts_at": "2026-09-01T00:00:00+02:00", "entry": "claim"}
    assert is_error(await client.put("/api/competitions/autumn", json=body), 401, "not_signed_in")
    assert is_error(
        await client.put("/api/competitions/autumn", json=body, headers=bearer("eve", "teacher")), 403, "not_admin"
    )
    response = await client.put("/api/competitions/autumn", json=body, headers=bearer("root", "admin"))
    assert response.status_code == 200
    assert store.known["autumn"].org == "north"
    listed = (await client.get("/api/competitions")).json()["competitions"]
    assert [one["id"] for one in listed] == ["cup", "autumn"]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../etc/passwd"},
        {"starts_at": "2026-09-01T00:00:00"},
        {"starts_at": "2026-09-01T00:30:00Z"},
        {"starts_at": "1066-09-01T00:00:00Z"},
        {"starts_at": "2026-09-02T00:00:00Z", "ends_at": "2026-09-01T00:00:00Z"},
        {"entry": "closed"},
    ],
)
async def test_an_invalid_competition_is_rejected(client: httpx.AsyncClient, change: dict[str, str]) -> None:
    body = {"name": "Autumn"} | change
    response = await client.put("/api/competitions/autumn", json=body, headers=bearer("root", "admin"))
    assert is_error(response, 422, "bad_request")


async def test_a_session_may_be_read_by_its_owner_and_a_teacher(client: httpx.AsyncClient) -> None:
    for headers in (bearer("ann"), bearer("tom", "teacher", groups=("7a",))):
        body = (await client.get("/api/sessions/s1", headers=headers)).json()
        assert body["state"] == "ended"
        assert body["report"] == "pending"
        assert body["answers"][0]["text"] == "he go to the sea"
        assert body["session"]["started_at"] == "2026-06-01T09:00:00Z"
    assert is_error(await client.get("/api/sessions/s1", headers=bearer("eve")), 403, "not_your_session")
    assert is_error(await client.get("/api/sessions/s1"), 401, "not_signed_in")
    assert is_error(await client.get("/api/sessions/s9", headers=bearer("ann")), 404, "no_such_session")


async def test_a_report_is_pending_then_ready_or_failed(client: httpx.AsyncClient, store: FakeFactStore) -> None:
    path = "/api/sessions/s1/report"
    pending = await client.get(path, headers=bearer("ann"))
    assert (pending.status_code, pending.json()["status"]) == (202, "pending")

    store.reports["s1"] = StoredReport(session_id="s1", analysis_version=1, report=report(), error=None)
    ready = await client.get(path, headers=bearer("ann"))
    assert ready.status_code == 200
    assert Report.model_validate(ready.json()["report"]) == report()

    store.reports["s1"] = StoredReport(session_id="s1", analysis_version=1, report=None, error="No words were said.")
    failed = await client.get(path, headers=bearer("ann"))
    assert is_error(failed, 410, "report_failed")
    assert failed.json()["message"] == "No words were said."
    assert is_error(await client.get(path, headers=bearer("eve")), 403, "not_your_session")


async def test_users_read_and_erase_their_own_data(client: httpx.AsyncClient, store: FakeFactStore) -> None:
    progress = (await client.get("/api/users/me/progress", headers=bearer("ann"))).json()
    assert (progress["user_id"], progress["words"], len(progress["sessions"])) == ("ann", 5, 1)
    assert is_error(await client.delete("/api/users/me"), 401, "not_signed_in")
    assert (await client.delete("/api/users/me", headers=bearer("ann"))).status_code == 200
    assert store.erased == ["ann"]


async def test_invalid_tokens_are_rejected(client: httpx.AsyncClient) -> None:
    for headers, code in (
        ({"Authorization": "Bearer x"}, "token_malformed"),
        (bearer("ann", valid_s=-60), "token_expired"),
        ({"Authorization": "Basic YTpi"}, "not_signed_in"),
    ):
        response = await client.get("/api/users/me/progress", headers=headers)
        assert is_error(response, 401, code)
        assert response.headers["www-authenticate"] == "Bearer"


async def test_unavailable_storage_is_a_503(client: httpx.AsyncClient, store: FakeFactStore) -> None:
    store.broken = True
    assert is_error(await client.get("/api/competitions"), 503, "storage_unavailable")


async def test_a_bug_is_a_500(client: httpx.AsyncClient, store: FakeFactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "known", None)
    assert is_error(await client.get("/api/competitions"), 500, "internal")


async def test_unknown_routes_are_not_found(client: httpx.AsyncClient) -> None:
    assert is_error(await client.get("/api/nothing"), 404, "no_such_page")
    assert is_error(await client.get("/../settings.py"), 404, "no_such_page")
    assert is_error(await client.post("/api/competitions"), 405, "method_not_allowed")


async def test_the_configuration_has_the_edges_urls_and_the_audio_format(client: httpx.AsyncClient) -> None:
    body = (await client.get("/api/config")).json()
    assert body["protocol"] == 1
    assert body["edge"] == {"wss_url": "wss://localhost:1443/v1/stream", "ws_url": "ws://127.0.0.1:1444/v1/stream"}
    assert body["audio"] == {"sample_rate": 16000, "frame_ms": 250, "frame_bytes": 8000}


@pytest.mark.parametrize(
    ("url", "wss", "plain"),
    [
        ("wss://speak.example.org", "wss://speak.example.org/v1/stream", None),
        ("wss://speak.example.org:9443/", "wss://speak.example.org:9443/v1/stream", None),
        ("wss://example.org/rostrum/stream", "wss://example.org/rostrum/stream", None),
        ("ws://127.0.0.1:9", None, "ws://127.0.0.1:9/v1/stream"),
    ],
)
def test_an_edge_url_is_completed_with_the_protocols_path(url: str, wss: str | None, plain: str | None) -> None:
    assert EdgeUrls.at(url) == EdgeUrls(wss_url=wss, ws_url=plain)


async def test_pages_may_load_nothing_from_other_hosts(client: httpx.AsyncClient) -> None:
    for path in ("/", "/app.js", "/worklet.js", "/style.css", "/docs"):
        response = await client.get(path)
        assert response.status_code == 200
        policy = response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "connect-src 'self' ws://127.0.0.1:1444 wss://localhost:1443;" in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "https://" not in response.text.replace("https://www.w3.org", "")
    assert (await client.get("/api/config")).headers["cache-control"] == "no-store"


async def test_the_docs_page_lists_every_route(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/api/competitions/{competition_id}/leaderboard", "/api/sessions/{session_id}/report"} <= set(paths)
    page = (await client.get("/docs")).text
    assert all(path in page for path in paths)
    assert "<script" not in page


async def test_health_and_metrics_are_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code == 503
    assert "rostrum_analytics_http_requests_total" in (await client.get("/metrics")).text


async def test_a_reports_format_follows_query_and_accept_header(
    client: httpx.AsyncClient, store: FakeFactStore
) -> None:
    store.reports["s1"] = StoredReport(session_id="s1", analysis_version=1, report=report(), error=None)

    async def get(query: str = "", accept: str = "*/*") -> httpx.Response:
        return await client.get(f"/api/sessions/s1/report{query}", headers={**bearer("ann"), "Accept": accept})

    text = await get("?format=markdown")
    assert text.headers["content-type"] == "text/markdown; charset=utf-8"
    assert text.text.startswith("# Your report")
    page = await get(accept="text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    style = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert (await get(accept="text/markdown")).text == text.text
    assert (await get()).json()["status"] == "ready"
    assert (await get("?format=json", accept="text/html")).json()["status"] == "ready"
    assert (await get("?format=pdf")).status_code == 422


async def test_an_unavailable_identity_provider_is_a_503(store: FakeFactStore, tmp_path: Path) -> None:
    settings = IdentitySettings(jwks_url="http://127.0.0.1:9/jwks")
    verifier = TokenVerifier(settings, LocalSettings(data=tmp_path))
    config = PageConfig(
        development=False,
        public_leaderboards=True,
        edge=EdgeUrls.on_this_machine(EdgePortSettings(port=1443, plain_port=1444)),
        limits=PageLimits(session_s=3600, resume_grace_s=30, message_bytes=262_144),
    )
    app = make_app(Queries(store, SystemClock(), public=True, show_user_ids=False), verifier, config, Health())
    token = jwt.encode({"sub": "ann", "exp": 2**31}, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": "a"})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as client:
        response = await client.get("/api/users/me/progress", headers={"Authorization": f"Bearer {token}"})
    assert is_error(response, 503, "login_unavailable")
