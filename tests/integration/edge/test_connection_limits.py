"""What the edge rejects, on the real broker and over real TLS."""

import ssl
import time
from pathlib import Path

import httpx
import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from infra.identity import development_token
from infra.kafka.settings import KafkaSettings
from infra.tls.contexts import client_context
from schemas.sessions import EndCause, RecordKind, SessionEnded
from tests.support.edge.fake_stages import REPORT, final, summary
from tests.support.edge.identity_provider import provider, serving
from tests.support.edge.in_process import FRAME, Address, FakeStages, client, edge
from tests.support.waiting import DEADLINE_S


async def test_bad_input_does_not_disturb_other_clients(address: Address, fake_stages: FakeStages) -> None:
    token = address.token("ada")
    async with client(address) as good:
        session_id = (await good.start(token))["session_id"]
        await good.send_audio(FRAME)

        for first, code, close_code in (
            ('{"type": "auth", "token": "nonsense"}', "token_malformed", 4401),
            (development_token("x" * 40, "mallory"), "token_bad_signature", 4401),
            ('{"type": "start"}', "not_authorised", 4401),
            ("hello", "not_authorised", 4401),
            (b"\0\0", "not_authorised", 4401),
        ):
            async with client(address) as bad:
                await bad.socket.send(first)
                error, closed = await bad.rejected()
                assert (error["code"], closed) == (code, close_code)
                assert error["hint"]

        for message, code in (
            ("{", "bad_json"),
            ("[" * 100_000, "bad_json"),
            ('{"type": "ping", "id": NaN}', "bad_json"),
            ('["type"]', "bad_json"),
            ('{"type": 7}', "bad_message"),
            ('{"type": "sing"}', "unknown_type"),
            ('{"type": "start", "questions": "many"}', "bad_message"),
            ('{"type": "answer", "question": true}', "bad_message"),
            ('{"type": "answer", "question": 1}', "not_started"),
            (FRAME, "not_started"),
        ):
            async with client(address) as bad:
                await bad.authorise(token)
                await bad.socket.send(message)
                error = await bad.receive("error")
                assert (error["code"], error["fatal"]) == (code, False), error
                await bad.send("ping", id=[1, {"a": None}])
                assert (await bad.receive("pong"))["id"] == [1, {"a": None}]

        for fields, code, close_code in (
            ({"resume": "token", "from_frame": 3}, "resume_invalid", 4404),
            ({"audio": {"encoding": "mp3"}}, "unsupported_audio", 4400),
            ({"audio": {"sample_rate": 96_000}}, "unsupported_audio", 4400),
        ):
            async with client(address) as bad:
                await bad.authorise(token)
                await bad.send("start", **fields)
                error, closed = await bad.rejected()
                assert (error["code"], closed) == (code, close_code)

        for message, code, close_code in (
            ('{"type": "start"}', "already_started", 4400),
            (b"\0" * 7999, "bad_audio", 4400),
            (b"\0" * 32_002, "message_too_large", 1009),
            ('{"type": "auth", "token": "x.y.z"}', "token_malformed", 4401),
            (address.token("somebody else"), "wrong_user", 4403),
        ):
            async with client(address) as bad:
                await bad.start(token)
                await bad.socket.send(message)
                error, closed = await bad.rejected()
                assert (error["code"], closed) == (code, close_code)

        async with client(address) as bad:
            await bad.start(token)
            await bad.send_audio(b"\0" * 400_000)
            assert await bad.closed() == 1009

        await good.send_audio(FRAME)
        await good.wait_for_ack(2)
        await fake_stages.reply(session_id, final(1))
        await good.receive("final")
        assert not [message for message in good.received if message["type"] == "error"]


async def test_session_quota_and_rate_limit(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        edge(kafka, tmp_path, monkeypatch, EDGE_MAX_INGEST_RATE="2", EDGE_INGEST_BURST_S="10") as address,
        client(address) as first,
        client(address) as second,
    ):
        token = address.token("ada")
        await first.start(token, competition="spring")
        await second.authorise(token)
        await second.send("start", competition="spring")
        error, closed = await second.rejected()
        assert (error["code"], closed) == ("too_many_sessions", 4429)
        for _ in range(60):
            await first.send_audio(FRAME * 4)
        error, closed = await first.rejected()
        assert (error["code"], closed) == ("too_fast", 4429)


async def test_provider_keys_and_token_expiry(
    kafka: KafkaSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_stages: FakeStages
) -> None:
    played = provider()
    with serving(played) as provided:
        monkeypatch.setenv("EDGE_JWT_JWKS_URL", f"{provided}/jwks")
        monkeypatch.setenv("EDGE_JWT_LEEWAY_S", "0")
        async with edge(kafka, tmp_path, monkeypatch) as address, client(address) as speaker:
            expires_s = int(time.time()) + 50
            session_id = (await speaker.start(played.token("e", "ES256", exp=expires_s)))["session_id"]
            await speaker.send_audio(FRAME[:3000])
            notice = await speaker.receive("notice")
            assert notice["code"] == "token_expiring"
            assert 0 < notice["deadline_ms"] <= 50_000
            expires_s = int(time.time()) + 3
            await speaker.socket.send(played.token("d", "EdDSA", exp=expires_s))
            await speaker.receive("ready")
            [end] = await fake_stages.seen(session_id, RecordKind.END)
            assert time.time() >= expires_s
            assert SessionEnded.model_validate_json(end.value).cause is EndCause.EXPIRED
            await fake_stages.reply(session_id, summary(0))
            await fake_stages.reply(session_id, REPORT)
            await speaker.receive("report")
            error, closed = await speaker.rejected()
            assert (error["code"], closed) == ("token_expired", 4401)
            async with client(address) as anonymous:
                await anonymous.send("auth", token=development_token("x" * 40, "mallory"))
                error, closed = await anonymous.rejected()
                assert (error["code"], closed) == ("token_wrong_algorithm", 4401)


async def test_a_fresh_token_is_answered_by_ready(address: Address) -> None:
    async with client(address) as speaker:
        await speaker.start(address.token("ada"))
        await speaker.socket.send(address.token("ada", valid_s=60))
        assert (await speaker.receive("ready"))["user_id"] == "ada"
        await speaker.send_audio(FRAME)
        await speaker.wait_for_ack(1)


async def test_a_resume_token_is_not_a_login_token(address: Address) -> None:
    async with client(address) as speaker:
        resume_token = (await speaker.start(address.token("ada")))["resume_token"]
    claims = jwt.decode(resume_token, options={"verify_signature": False})
    assert (claims["aud"], claims["sub"]) == ("rostrum-resume", "ada")
    async with client(address) as thief:
        await thief.send("auth", token=resume_token)
        error, closed = await thief.rejected()
        assert (error["code"], closed) == ("token_bad_signature", 4401)


async def test_only_the_endpoint_is_served_and_only_over_tls(address: Address) -> None:
    tls = client_context(address.data / "tls" / "ca.pem")
    with pytest.raises(InvalidStatus) as elsewhere:
        await connect(address.url.replace("/v1/stream", "/elsewhere"), ssl=tls)
    assert elsewhere.value.response.status_code == 404
    assert b"/v1/stream" in (elsewhere.value.response.body or b"")
    async with httpx.AsyncClient(verify=tls, timeout=DEADLINE_S) as browser:
        assert (await browser.get(f"https://localhost:{address.port}/v1/stream")).status_code == 426
    with pytest.raises(ssl.SSLCertVerificationError):
        await connect(address.url, ssl=ssl.create_default_context())
