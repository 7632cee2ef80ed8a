"""A resume token names a session and its user, and is never a login token."""

import jwt
import pytest
from pydantic import SecretStr

from edge.adapters.resume_tokens import AUDIENCE, SignedResumeTokens, resume_keys
from edge.core.effects import ResumeClaims
from infra.clock import Clock, SystemClock
from infra.identity import IdentitySettings, TokenRefused, TokenVerifier
from infra.settings import LocalSettings
from schemas.wire import AudioFormat
from tests.support.edge.fakes import Clock as ScriptedClock

LOGIN_SECRET = "the secret that login tokens are signed with"
CLAIM = ResumeClaims("s1", "ada", "spring", AudioFormat(encoding="pcm_f32le", sample_rate=48_000, channels=2))


def tokens(*secrets: str, clock: Clock | None = None) -> SignedResumeTokens:
    return SignedResumeTokens(resume_keys(secrets, LOGIN_SECRET), clock or SystemClock(), valid_s=60)


def test_a_token_gives_back_its_claims() -> None:
    token = tokens().issue(CLAIM)
    assert tokens().read(token) == CLAIM
    claims = jwt.decode(token, resume_keys((), LOGIN_SECRET)[0], algorithms=["HS256"], audience=AUDIENCE)
    assert claims["exp"] - claims["iat"] == 60


def test_a_token_expires() -> None:
    long_ago = ScriptedClock()
    assert tokens().read(tokens(clock=long_ago).issue(CLAIM)) is None


def test_during_a_rotation_the_previous_secret_is_accepted() -> None:
    old = tokens("old").issue(CLAIM)
    assert tokens("new", "old").read(old) == CLAIM
    assert tokens("new", "").read(old) is None
    assert tokens("new", "").read(tokens("new", "old").issue(CLAIM)) == CLAIM


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no token",
        "é.é.é",
        jwt.encode({"sub": "ada", "session_id": "s1", "aud": AUDIENCE}, resume_keys((), LOGIN_SECRET)[0]),
        jwt.encode({"sub": "ada", "aud": AUDIENCE, "exp": 9_999_999_999}, resume_keys((), LOGIN_SECRET)[0]),
        jwt.encode({"sub": "ada", "exp": 9_999_999_999}, LOGIN_SECRET, algorithm="HS256"),
        jwt.encode({"sub": "ada", "session_id": "s1", "aud": AUDIENCE, "exp": 9_999_999_999}, "", algorithm="none"),
    ],
    ids=["empty", "words", "no ASCII", "without an end", "without a session", "a login", "unsigned"],
)
def test_other_tokens_are_not_accepted(token: str) -> None:
    assert tokens().read(token) is None


def test_a_resume_token_is_not_a_login_token_even_with_the_same_key() -> None:
    login = TokenVerifier(IdentitySettings(secret=SecretStr(LOGIN_SECRET)), LocalSettings())
    for keys, reason in ((resume_keys((), LOGIN_SECRET), "bad_signature"), ([LOGIN_SECRET.encode()], "wrong_audience")):
        with pytest.raises(TokenRefused) as refused:
            login.verify(SignedResumeTokens(keys, SystemClock(), valid_s=60).issue(CLAIM))
        assert refused.value.reason == reason


def test_each_secret_has_its_own_stable_key() -> None:
    assert resume_keys((), LOGIN_SECRET) == resume_keys(("", ""), LOGIN_SECRET)
    different = {resume_keys((), LOGIN_SECRET), resume_keys(("own",), LOGIN_SECRET), resume_keys((), "another")}
    assert len(different) == 3
    assert resume_keys(("own",), LOGIN_SECRET) == resume_keys(("own",), "another")
