"""Which tokens are accepted, and why the others are refused."""

import base64
import json
import stat
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from infra.errors import SettingsError
from infra.identity import (
    IdentitySettings,
    TokenRefused,
    TokenVerifier,
    development_secret,
    development_token,
    login_secret,
)
from infra.settings import LocalSettings, load

SECRET = "a secret of at least thirty-two bytes"
OTHER = "another secret of thirty-two bytes or so"


def verifier(**settings: Any) -> TokenVerifier:
    return TokenVerifier(IdentitySettings(secret=SecretStr(SECRET), **settings), LocalSettings())


def signed(claims: dict[str, Any], **options: Any) -> str:
    return jwt.encode(claims, SECRET, algorithm="HS256", **options)


def unsigned(header: str) -> str:
    return ".".join((base64.urlsafe_b64encode(header.encode()).decode().rstrip("="), "e30", "c2ln"))


def test_a_development_token_carries_all_its_claims() -> None:
    token = development_token(
        SECRET, "u-1", name="Ada", org="school", groups=["9b", "9c"], roles=["teacher"], valid_s=60
    )
    identity = verifier().verify(token)
    assert (identity.user_id, identity.name, identity.org) == ("u-1", "Ada", "school")
    assert identity.groups == ("9b", "9c")
    assert identity.roles == frozenset({"teacher"})
    assert identity.expires_at_ms is not None
    assert 0 < identity.expires_at_ms - time.time() * 1000 <= 60_000


def test_a_token_needs_only_a_subject() -> None:
    identity = verifier().verify(signed({"sub": "u-1", "name": "", "org": None}))
    assert (identity.name, identity.org, identity.groups, identity.roles) == (None, "", (), frozenset())
    assert identity.expires_at_ms is None


def test_issuer_and_audience_are_checked_where_they_are_set() -> None:
    strict = verifier(issuer="https://id.example", audience="rostrum")
    token = development_token(SECRET, "u-1", issuer="https://id.example", audience="rostrum")
    assert strict.verify(token).user_id == "u-1"


PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW_S = int(time.time())

REFUSED = {
    "expired": (signed({"sub": "u", "exp": NOW_S - 60}), "expired"),
    "not valid before": (signed({"sub": "u", "nbf": NOW_S + 86_400}), "not_yet_valid"),
    "issued in the future": (signed({"sub": "u", "iat": NOW_S + 86_400}), "not_yet_valid"),
    "another secret": (development_token(OTHER, "u"), "bad_signature"),
    "no signature": (jwt.encode({"sub": "u"}, "", algorithm="none"), "wrong_algorithm"),
    "RS256": (jwt.encode({"sub": "u"}, PRIVATE_KEY, algorithm="RS256"), "wrong_algorithm"),
    "HS512": (jwt.encode({"sub": "u"}, SECRET * 2, algorithm="HS512"), "wrong_algorithm"),
    "for somebody else": (signed({"sub": "u", "aud": "another service"}), "wrong_audience"),
    "no subject": (signed({"name": "Ada"}), "missing_claim"),
    "subject a number": (signed({"sub": 7}), "bad_claim"),
    "subject empty": (signed({"sub": ""}), "bad_claim"),
    "subject too long": (signed({"sub": "u" * 201}), "bad_claim"),
    "half a surrogate": (signed({"sub": "u\ud800"}), "bad_claim"),
    "name a list": (signed({"sub": "u", "name": ["Ada"]}), "bad_claim"),
    "groups a text": (signed({"sub": "u", "groups": "9b"}), "bad_claim"),
    "issue time a text": (signed({"sub": "u", "iat": "today"}), "bad_claim"),
    "expiry beyond numbers": (signed({"sub": "u", "exp": float("inf")}), "malformed"),
    "empty": ("", "malformed"),
    "a word": ("hello", "malformed"),
    "not ASCII": ("häl.lö.ø", "malformed"),
    "half a surrogate outside": ("\ud800.a.b", "malformed"),
    "header no object": (unsigned("[]"), "malformed"),
    "header without end": (unsigned("[" * 9000), "malformed"),
    "far too long": (development_token(SECRET, "u", org="x" * 20_000), "malformed"),
}


@pytest.mark.parametrize(("token", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(token: str, reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        verifier().verify(token)
    assert refused.value.reason == reason
    assert refused.value.hint
    assert not token or token not in str(refused.value)


@pytest.mark.parametrize(
    ("made_with", "reason"),
    [
        ({}, "missing_claim"),
        ({"issuer": "elsewhere", "audience": "rostrum"}, "wrong_issuer"),
        ({"issuer": "here", "audience": "another"}, "wrong_audience"),
    ],
)
def test_refused_where_issuer_and_audience_are_required(made_with: dict[str, Any], reason: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        verifier(issuer="here", audience="rostrum").verify(development_token(SECRET, "u", **made_with))
    assert refused.value.reason == reason


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = development_token(SECRET, "u").split(".")
    claims = base64.urlsafe_b64encode(json.dumps({"sub": "admin"}).encode()).decode().rstrip("=")
    with pytest.raises(TokenRefused) as refused:
        verifier().verify(f"{header}.{claims}.{signature}")
    assert refused.value.reason == "bad_signature"


def test_clocks_may_differ_by_the_leeway() -> None:
    late = signed({"sub": "u", "exp": int(time.time()) - 60})
    assert verifier(leeway_s=120.0).verify(late).user_id == "u"


def test_the_generated_secret_is_made_once_and_readable_only_by_its_owner(tmp_path: Path) -> None:
    local = LocalSettings(data=tmp_path / "data")
    secret = development_secret(local)
    assert secret == development_secret(local) == login_secret(IdentitySettings(), local)
    assert len(secret) >= 32
    assert stat.S_IMODE((tmp_path / "data" / "jwt.secret").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["jwt.secret"]
    assert TokenVerifier(IdentitySettings(), local).verify(development_token(secret, "u")).user_id == "u"


def test_a_secret_from_the_settings_takes_precedence(tmp_path: Path) -> None:
    local = LocalSettings(data=tmp_path)
    assert login_secret(IdentitySettings(secret=SecretStr(SECRET)), local) == SECRET
    assert not list(tmp_path.iterdir())


def test_a_secret_that_is_too_short_is_an_invalid_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_JWT_SECRET", "hunter2")
    with pytest.raises(SettingsError, match="EDGE_JWT_SECRET") as wrong:
        load(IdentitySettings)
    assert "hunter2" not in str(wrong.value)
    (tmp_path / "jwt.secret").write_text("short")
    with pytest.raises(SettingsError, match="too short"):
        development_secret(LocalSettings(data=tmp_path))


def test_a_folder_that_cannot_be_written_is_an_invalid_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SettingsError, match="EDGE_JWT_SECRET"):
        development_secret(LocalSettings(data=tmp_path / "file"))
