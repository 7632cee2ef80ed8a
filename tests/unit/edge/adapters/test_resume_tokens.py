"""A resume token says which session of whom, and is never a login."""

import jwt
import pytest
from pydantic import SecretStr

from edge.adapters.resume_tokens import AUDIENCE, SignedResumeTokens, resume_key
from infra.clock import SystemClock
from infra.identity import IdentitySettings, TokenRefused, TokenVerifier
from infra.settings import LocalSettings

LOGIN_SECRET = "the secret that login tokens are signed with"


def issued(key: bytes) -> str:
    return SignedResumeTokens(key, SystemClock(), valid_s=60).issue("s1", "ada")


def test_it_holds_the_session_and_the_user_for_a_while() -> None:
    key = resume_key("", LOGIN_SECRET)
    claims = jwt.decode(issued(key), key, algorithms=["HS256"], audience=AUDIENCE)
    assert (claims["session_id"], claims["sub"], claims["exp"] - claims["iat"]) == ("s1", "ada", 60)


def test_it_is_no_login_even_where_all_keys_are_the_same() -> None:
    login = TokenVerifier(IdentitySettings(secret=SecretStr(LOGIN_SECRET)), LocalSettings())
    for key, reason in ((resume_key("", LOGIN_SECRET), "bad_signature"), (LOGIN_SECRET.encode(), "wrong_audience")):
        with pytest.raises(TokenRefused) as refused:
            login.verify(issued(key))
        assert refused.value.reason == reason


def test_every_secret_gives_its_own_key_and_the_same_one_always() -> None:
    assert resume_key("", LOGIN_SECRET) == resume_key("", LOGIN_SECRET)
    assert len({resume_key("", LOGIN_SECRET), resume_key("own", LOGIN_SECRET), resume_key("", "another")}) == 3
    assert resume_key("own", LOGIN_SECRET) == resume_key("own", "another")
