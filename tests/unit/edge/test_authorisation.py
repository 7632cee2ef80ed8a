"""Who a client is and what it may have, as events."""

import pytest

from edge.authorisation import admit, resolve_resume_token, verify_token
from edge.core.effects import Admit, ResolveResumeToken, ResumeClaims, VerifyToken
from edge.core.events import (
    Admitted,
    AuthUnavailable,
    Overloaded,
    QuotaExceeded,
    ResumeTokenAccepted,
    ResumeTokenRejected,
    TokenAccepted,
    TokenRejected,
)
from infra.telemetry import get_logger
from schemas.wire import AudioFormat, Start
from tests.support.edge.fakes import FakePorts

LOG = get_logger("test")


def claims(session_id: str = "s1", competition: str | None = None) -> ResumeClaims:
    return ResumeClaims(session_id, "ada", competition, AudioFormat())


async def test_a_valid_token_names_its_user() -> None:
    verified = await verify_token(FakePorts().ports, VerifyToken("ada"), LOG)
    assert isinstance(verified, TokenAccepted)
    assert verified.user.user_id == "ada"


async def test_an_invalid_token_is_rejected_with_its_reason() -> None:
    rejected = await verify_token(FakePorts().ports, VerifyToken("4d4"), LOG)
    assert rejected == TokenRejected("malformed", "Not a word.", "Send a word.")


@pytest.mark.usefixtures("virtual_time")
@pytest.mark.parametrize("token", ["unavailable", "never"])
async def test_a_provider_that_fails_or_hangs_is_not_the_clients_fault(token: str) -> None:
    assert await verify_token(FakePorts().ports, VerifyToken(token), LOG) == AuthUnavailable()


def test_a_resume_token_gives_the_claims_it_was_issued_with() -> None:
    ports = FakePorts().ports
    start = Start(resume=ports.resume_tokens.issue(claims()))
    assert resolve_resume_token(ports, ResolveResumeToken(start)) == ResumeTokenAccepted(start, claims())


@pytest.mark.parametrize("token", ["forged", "", None])
def test_any_other_resume_token_is_rejected(token: str | None) -> None:
    wanted = ResolveResumeToken(Start(resume=token))
    assert resolve_resume_token(FakePorts().ports, wanted) == ResumeTokenRejected()


def test_a_user_has_no_more_sessions_than_the_quota() -> None:
    ports = FakePorts().ports
    assert isinstance(admit(ports, Admit(claims("s1"), quota=1), "c1"), Admitted)
    assert admit(ports, Admit(claims("s2"), quota=1), "c2") == QuotaExceeded(1, competition=False)
    ports.session_quota.release("c1", "ada")
    assert isinstance(admit(ports, Admit(claims("s2"), quota=1), "c2"), Admitted)


def test_an_overloaded_transcriber_gets_no_new_sessions_and_keeps_those_that_resume() -> None:
    fakes = FakePorts()
    for now_ms in range(0, 10_000, 250):
        fakes.admission.update([60.0, 60.0], now_ms)
    refused = admit(fakes.ports, Admit(claims(), quota=8), "c1")
    assert isinstance(refused, Overloaded)
    assert refused.retry_after_ms > 0
    assert isinstance(admit(fakes.ports, Admit(claims(), quota=None), "c2"), Admitted)
