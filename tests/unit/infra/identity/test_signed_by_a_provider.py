"""Tokens of an identity provider: those that are accepted, and every kind that is not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from infra.errors import SettingsError, Unavailable
from infra.identity import AsyncVerifier, IdentitySettings, TokenRefused, TokenVerifier, development_token
from infra.settings import LocalSettings, load
from tests.support.edge.identity_provider import Provider, provider, rsa, serving

ISSUER = "https://id.example"
STRANGER = rsa()
NOW_S = int(time.time())


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Provider, str]]:
    played = provider()
    with serving(played) as address:
        yield played, address


def verifier(address: str, **settings: Any) -> TokenVerifier:
    given = {"jwks_url": f"{address}/jwks", "issuer": ISSUER, "audience": "rostrum"} | settings
    # No generated secret is looked for: the folder cannot even be made.
    return TokenVerifier(IdentitySettings(**given), LocalSettings(data=Path("/dev/null/no")))


def signed(played: Provider, kid: str, algorithm: str, **options: Any) -> str:
    return played.token(kid, algorithm, **({"iss": ISSUER, "aud": "rostrum"} | options))


@pytest.mark.parametrize(("kid", "algorithm"), [("r", "RS256"), ("e", "ES256"), ("d", "EdDSA")])
def test_every_kind_of_key_is_accepted(served: tuple[Provider, str], kid: str, algorithm: str) -> None:
    played, address = served
    identity = verifier(address).verify(signed(played, kid, algorithm, name="Ada", max_sessions=3))
    assert (identity.user_id, identity.name, identity.max_sessions) == ("ada", "Ada", 3)


def _public_pem(played: Provider) -> bytes:
    return played.keys["r"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _confused(played: Provider) -> str:
    """Signed with the public key as if it were a secret (RFC 8725, section 2.1); PyJWT refuses to make such a token."""

    def part(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    claims = {"sub": "ada", "exp": NOW_S + 86_400, "iss": ISSUER, "aud": "rostrum"}
    head = ".".join(part(json.dumps(each).encode()) for each in ({"alg": "HS256", "kid": "r"}, claims))
    return f"{head}.{part(hmac.digest(_public_pem(played), head.encode(), hashlib.sha256))}"


Make = Callable[[Provider], str]
REFUSED: dict[str, tuple[Make, str]] = {
    "expired": (lambda of: signed(of, "r", "RS256", exp=NOW_S - 60), "expired"),
    "never expires": (lambda of: signed(of, "r", "RS256", exp=None), "missing_claim"),
    "not valid yet": (lambda of: signed(of, "e", "ES256", nbf=NOW_S + 86_400), "not_yet_valid"),
    "another issuer": (lambda of: signed(of, "r", "RS256", iss="https://evil.example"), "wrong_issuer"),
    "no issuer": (lambda of: signed(of, "r", "RS256", iss=None), "missing_claim"),
    "for somebody else": (lambda of: signed(of, "d", "EdDSA", aud="payroll"), "wrong_audience"),
    "no audience": (lambda of: signed(of, "d", "EdDSA", aud=None), "missing_claim"),
    "no subject": (lambda of: signed(of, "r", "RS256", sub=None), "missing_claim"),
    "unknown key": (lambda of: signed(of, "r", "RS256", headers={"kid": "elsewhere"}), "unknown_key"),
    "key not named": (lambda of: signed(of, "r", "RS256", headers={}), "unknown_key"),
    "another key of that name": (
        lambda _: jwt.encode({"sub": "ada", "exp": NOW_S + 86_400}, STRANGER, "RS256", headers={"kid": "r"}),
        "bad_signature",
    ),
    "no signature": (lambda _: jwt.encode({"sub": "ada"}, "", "none", headers={"kid": "r"}), "wrong_algorithm"),
    "a secret's signature": (lambda _: development_token("x" * 40, "ada"), "wrong_algorithm"),
    "a public key as a secret": (_confused, "wrong_algorithm"),
    "an algorithm not allowed": (lambda of: signed(of, "r", "RS512"), "wrong_algorithm"),
    "another key's algorithm": (lambda of: signed(of, "r", "RS256", headers={"kid": "e"}), "wrong_algorithm"),
    "no token": (lambda _: "hello", "malformed"),
    "claims too long": (lambda of: signed(of, "r", "RS256", org="x" * 201), "bad_claim"),
    "sessions below none": (lambda of: signed(of, "r", "RS256", max_sessions=-1), "bad_claim"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_refused(served: tuple[Provider, str], kind: str) -> None:
    played, address = served
    make, reason = REFUSED[kind]
    token = make(played)
    with pytest.raises(TokenRefused) as refused:
        verifier(address).verify(token)
    assert refused.value.reason == reason
    assert token not in str(refused.value)


def test_algorithms_and_claims_are_narrowed_by_settings(served: tuple[Provider, str]) -> None:
    played, address = served
    strict = verifier(address, algorithms="ES256, EdDSA", required_claims="org, jti")
    with pytest.raises(TokenRefused) as refused:
        strict.verify(signed(played, "r", "RS256"))
    assert refused.value.reason == "wrong_algorithm"
    with pytest.raises(TokenRefused) as refused:
        strict.verify(signed(played, "e", "ES256", org="school"))
    assert refused.value.reason == "missing_claim"
    assert strict.verify(signed(played, "e", "ES256", org="school", jti="1")).org == "school"


async def test_an_event_loop_is_not_blocked_by_a_key_fetch(served: tuple[Provider, str]) -> None:
    played, address = served
    tokens = AsyncVerifier(verifier(address))
    assert (await tokens.verify(signed(played, "d", "EdDSA"))).user_id == "ada"
    with pytest.raises(TokenRefused):
        await tokens.verify(signed(played, "d", "EdDSA", aud="payroll"))


def test_the_introspection_endpoint_decides(served: tuple[Provider, str]) -> None:
    played, address = served
    asking = verifier(
        address,
        introspection_url=f"{address}/introspect",
        introspection_client_id="edge",
        introspection_client_secret=SecretStr("pst"),
    )
    token = signed(played, "e", "ES256")
    assert asking.verify(token).user_id == "ada"
    authorization, body = played.asked[-1]
    assert authorization == "Basic ZWRnZTpwc3Q="
    assert body == f"token={token}&token_type_hint=access_token".encode()

    played.revoked.add(token)
    with pytest.raises(TokenRefused) as refused:
        asking.verify(token)
    assert refused.value.reason == "revoked"

    before = len(played.asked)
    with pytest.raises(TokenRefused):
        asking.verify(signed(played, "e", "ES256", exp=NOW_S - 60))
    assert len(played.asked) == before, "what is refused here is not worth asking about"

    played.up = False
    try:
        with pytest.raises(Unavailable, match="EDGE_JWT_INTROSPECTION_URL"):
            asking.verify(signed(played, "e", "ES256"))
    finally:
        played.up = True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EDGE_JWT_JWKS_URL", "http://id.example/jwks"),
        ("EDGE_JWT_JWKS_URL", "file:///etc/passwd"),
        ("EDGE_JWT_INTROSPECTION_URL", "http://id.example/introspect"),
        ("EDGE_JWT_ALGORITHMS", "RS256,HS256"),
        ("EDGE_JWT_ALGORITHMS", "none"),
    ],
)
def test_unsafe_settings_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        load(IdentitySettings)


def test_a_secret_and_a_jwks_exclude_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_JWT_SECRET", "x" * 40)
    monkeypatch.setenv("EDGE_JWT_JWKS_URL", "https://id.example/jwks")
    with pytest.raises(SettingsError, match="exclude each other"):
        load(IdentitySettings)
