"""A live edge's log, at any level, and its metrics hold no token, secret or forged line."""

import json
import re
import time
from pathlib import Path

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from infra.identity import development_token
from infra.kafka.settings import KafkaSettings
from infra.tls.contexts import client_context
from tests.support.edge.identity_provider import Provider, provider, serving
from tests.support.edge.in_process import Address, client
from tests.support.edge.process import EdgeProcess, edge_process

RESUME_SECRET = "the secret that all edges sign resume tokens with"
CLIENT_SECRET = "what the edge proves itself with where it asks"
FORGED = "forged: a line of its own"
CONTROL = f'\x1b[2J\r\n{{"event": "{FORGED[:6]}"}}\x00\u202e'


async def rejected(address: Address, *messages: str) -> tuple[str, int | None]:
    """The code of the fatal error that these messages lead to, and its close code."""
    async with client(address) as anonymous:
        for message in messages:
            await anonymous.socket.send(message)
        error, closed = await anonymous.rejected()
        code: str = error["code"]
        return code, closed


async def use_every_kind_of_token(address: Address, played: Provider) -> list[str]:
    """All tokens that were used, valid and not; each gets its right answer."""
    now_s = int(time.time())
    ada, eve = played.token("e", "ES256"), played.token("d", "EdDSA", sub="eve")
    bad = {
        "token_expired": played.token("r", "RS256", exp=now_s - 600),
        "token_not_yet_valid": played.token("r", "RS256", nbf=now_s + 600),
        "token_wrong_issuer": played.token("r", "RS256", iss="https://evil.example"),
        "token_wrong_audience": played.token("r", "RS256", aud="payroll"),
        "token_missing_claim": played.token("r", "RS256", exp=None),
        "token_bad_claim": played.token("r", "RS256", org="x" * 201),
        "token_unknown_key": played.token("r", "RS256", headers={"kid": "elsewhere"}),
        "token_wrong_algorithm": development_token("x" * 40, "ada"),
        "token_bad_signature": played.token("r", "RS256", headers={"kid": "r"})[:-6] + "AAAAAA",
        "token_malformed": "bm8.dG9rZW4.YXQtYWxs",
        "token_revoked": played.token("e", "ES256", jti="stolen"),
    }
    assert set(bad) == documented_token_errors()
    played.revoked.add(bad["token_revoked"])
    for code, token in bad.items():
        assert await rejected(address, token) == (code, 4401)
        assert await rejected(address, json.dumps({"type": "auth", "token": token})) == (code, 4401)

    async with client(address) as speaker:
        started = await speaker.start(ada, display_name=CONTROL[:40], topic=CONTROL)
        resume: str = started["resume_token"]
        await speaker.socket.send(eve)
        error, closed = await speaker.rejected()
        assert (error["code"], closed) == ("wrong_user", 4403)
    going_on = json.dumps({"type": "start", "resume": resume})
    assert await rejected(address, eve, going_on) == ("not_your_session", 4403)
    assert await rejected(address, resume) == ("token_wrong_algorithm", 4401)
    for no_resume in (ada, resume[:-6] + "AAAAAA", _signed_anew(resume, "x" * 40), _signed_anew(resume, RESUME_SECRET)):
        assert await rejected(address, ada, json.dumps({"type": "start", "resume": no_resume})) == (
            "resume_invalid",
            4404,
        )
        bad[no_resume] = no_resume
    async with client(address) as speaker:
        # There is no transcriber here: only the token is checked.
        await speaker.authorise(ada)
        await speaker.socket.send(going_on)
        newer: str = (await speaker.receive("started"))["resume_token"]

    played.up = False
    assert await rejected(address, ada) == ("login_unavailable", 1013)
    played.up = True
    async with client(address) as speaker:
        await speaker.socket.send(f'{{"type": "auth", "token": "{ada}", "more": {{}}')
        assert (await speaker.rejected())[1] == 4401
    return [ada, eve, resume, newer, *bad.values()]


def documented_token_errors() -> set[str]:
    """All codes that docs/protocol.md lists for invalid tokens."""
    page = Path(__file__).parents[3] / "docs" / "protocol.md"
    [row] = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `token_malformed`")]
    return set(re.findall(r"`(\w+)`", row.split("|")[1]))


def _signed_anew(token: str, secret: str) -> str:
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}), secret, algorithm="HS256")


def check_nothing_leaked(said: str, tokens: list[str]) -> None:
    for secret in (RESUME_SECRET, CLIENT_SECRET):
        assert secret not in said
    for token in tokens:
        # Neither as a whole nor its signature.
        assert token not in said
        assert token.rpartition(".")[2] not in said
    assert FORGED[:6] not in said
    assert "\x1b" not in said


def check_every_line_is_structured(edge: EdgeProcess) -> None:
    for line in edge.log.splitlines():
        assert "event" in json.loads(line)


async def test_tokens_are_not_leaked_and_not_interchangeable(kafka: KafkaSettings, tmp_path: Path) -> None:
    played = provider()
    with serving(played) as provided:
        settings = {
            "LOG_LEVEL": "debug",
            "EDGE_JWT_JWKS_URL": f"{provided}/jwks",
            "EDGE_JWT_INTROSPECTION_URL": f"{provided}/introspect",
            "EDGE_JWT_INTROSPECTION_CLIENT_ID": "edge",
            "EDGE_JWT_INTROSPECTION_CLIENT_SECRET": CLIENT_SECRET,
            "EDGE_JWT_ISSUER": "https://id.example",
            "EDGE_JWT_AUDIENCE": "rostrum",
            "EDGE_RESUME_SECRET": RESUME_SECRET,
        }
        played.claims = {"iss": "https://id.example", "aud": "rostrum"}
        async with edge_process(kafka, tmp_path, **settings) as edge:
            tokens = await use_every_kind_of_token(edge.address, played)
            metrics = await edge.metrics()
    assert 'rostrum_edge_auth_failures_total{reason="revoked"} 2.0' in metrics
    assert '"reason": "expired"' in edge.log
    check_nothing_leaked(edge.log + metrics, tokens)
    check_every_line_is_structured(edge)


async def test_headers_do_not_change_a_clients_address_or_origin(kafka: KafkaSettings, tmp_path: Path) -> None:
    """Neither for the limit of connections per address nor for the allowed origins."""
    settings = {"EDGE_MAX_CONNECTIONS_PER_ADDRESS": "2", "EDGE_ALLOWED_ORIGINS": "https://speak.example"}
    async with edge_process(kafka, tmp_path, **settings) as edge:
        tls = client_context(tmp_path / "tls" / "ca.pem")

        async def status(**headers: str) -> int:
            with pytest.raises(InvalidStatus) as rejected:
                await connect(edge.address.url, ssl=tls, additional_headers=headers)
            return rejected.value.response.status_code

        assert await status(Origin="https://evil.example") == 403
        assert await status(Origin="null") == 403
        async with client(edge.address), client(edge.address):
            for forwarded in ("203.0.113.9", "127.0.0.1, 203.0.113.9", "203.0.113.9, 10.0.0.1", CONTROL[-1:]):
                assert await status(**{"X-Forwarded-For": forwarded.encode("ascii", "ignore").decode()}) == 429
        assert await edge.metric("rostrum_edge_connections_rejected_total", reason="address") == 4
        check_every_line_is_structured(edge)
