"""Public keys: when they are fetched, and which are valid in the meantime."""

import threading
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.errors import Unavailable
from infra.identity.errors import TokenRefused
from infra.identity.jwks import JwksCache, JwksTiming, fetch_over_http
from tests.support.edge.identity_provider import Provider, provider, rsa, serving
from tests.support.waiting import wait_until

TIMING = JwksTiming(refresh_interval_s=300.0, cooldown_s=30.0, removed_key_grace_s=600.0)
ED = Ed25519PrivateKey.generate()


class Time:
    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


def until(condition: Callable[[], bool]) -> None:
    """Waits for the background thread."""
    wait_until(condition, every_s=0.001)


def key_set(played: Provider) -> tuple[JwksCache, Time]:
    """After the first read, whatever came of it."""
    now = Time()
    keys = JwksCache(played.fetch, TIMING, now)
    until(lambda: not any(thread.name == "jwks" for thread in threading.enumerate()))
    return keys, now


def with_key(kid: str) -> Provider:
    played = Provider()
    played.add(kid, ED)
    return played


def test_known_keys_cost_no_fetch() -> None:
    played = with_key("a")
    keys, _ = key_set(played)
    for _ in range(100):
        assert keys.find("a").key_id == "a"
    assert played.reads == 1


def test_an_unknown_key_is_fetched_once_per_cooldown() -> None:
    played = with_key("a")
    keys, now = key_set(played)
    for _ in range(100):
        with pytest.raises(TokenRefused) as refused:
            keys.find("stranger")
        assert refused.value.reason == "unknown_key"
    assert played.reads == 1
    now.s += 31
    played.add("b", ED)
    assert keys.find("b").key_id == "b"
    assert played.reads == 2
    with pytest.raises(TokenRefused):
        keys.find("stranger")
    assert played.reads == 2


def test_concurrent_look_ups_fetch_once() -> None:
    played = with_key("a")
    keys, now = key_set(played)
    now.s += 31
    refused: list[str] = []

    def look() -> None:
        try:
            keys.find("stranger")
        except TokenRefused as error:
            refused.append(error.reason)

    threads = [threading.Thread(target=look) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["unknown_key"] * 20
    assert played.reads == 2


def test_keys_are_refreshed_in_the_background() -> None:
    played = with_key("a")
    keys, now = key_set(played)
    now.s += 301
    played.add("b", ED)
    assert keys.find("a").key_id == "a"
    until(lambda: played.reads == 2)
    assert keys.find("b").key_id == "b"


def test_a_removed_key_is_accepted_through_a_rotation_and_no_longer() -> None:
    played = with_key("old")
    keys, now = key_set(played)
    played.remove("old")
    played.add("new", ED)
    now.s += 31
    assert keys.find("new").key_id == "new"
    assert keys.find("old").key_id == "old"
    now.s += 601
    with pytest.raises(TokenRefused):
        keys.find("old")


def test_without_an_id_the_only_key_is_meant() -> None:
    played = with_key("a")
    assert key_set(played)[0].find(None).key_id == "a"
    played.add("b", ED)
    with pytest.raises(TokenRefused) as refused:
        key_set(played)[0].find(None)
    assert refused.value.reason == "unknown_key"


def test_without_any_keys_the_cooldown_is_short() -> None:
    played = with_key("a")
    played.up = False
    keys, now = key_set(played)
    for _ in range(10):
        with pytest.raises(Unavailable):
            keys.find("a")
    assert played.reads == 1
    played.up = True
    now.s += 2.1
    assert keys.find("a").key_id == "a"


def test_known_keys_stay_valid_while_the_provider_is_down() -> None:
    played = with_key("a")
    keys, now = key_set(played)
    played.up = False
    now.s += 10_000
    assert keys.find("a").key_id == "a"
    until(lambda: played.reads == 2)
    assert keys.find("a").key_id == "a"
    with pytest.raises(TokenRefused):
        keys.find("b")


@pytest.mark.parametrize(
    "document", [b"", b"{", b"[]", b"7", b'{"keys": 7}', b'{"keys": []}', b'{"keys": [{}]}', b"\xff"]
)
def test_a_response_that_is_not_a_jwks_changes_nothing(document: bytes) -> None:
    answers = [with_key("a").document, document]
    now = Time()
    keys = JwksCache(lambda: answers.pop(0), TIMING, now)
    until(lambda: len(answers) == 1)
    assert keys.find("a").key_id == "a"
    now.s += 31
    with pytest.raises(TokenRefused):
        keys.find("b")
    assert keys.find("a").key_id == "a"


def test_keys_that_may_not_sign_are_ignored() -> None:
    played = with_key("good")
    played.add("short", rsa(1024))
    played.add("for encryption", ED, use="enc")
    played.published.append({"kty": "oct", "kid": "secret", "k": "c2VjcmV0IG9mIHRoZSBwcm92aWRlcg"})
    played.published.append({"kty": "strange", "kid": "strange"})
    keys, _ = key_set(played)
    assert keys.find("good").key_id == "good"
    for kid in ("short", "for encryption", "secret", "strange"):
        with pytest.raises(TokenRefused):
            keys.find(kid)


def test_a_jwks_is_fetched_over_http() -> None:
    played = provider()
    with serving(played) as address:
        assert fetch_over_http(f"{address}/jwks", 2.0)() == played.document
        with pytest.raises(Unavailable):
            fetch_over_http(f"{address}/elsewhere", 2.0)()
        played.published.append({"kid": "x" * 2_000_000})
        with pytest.raises(Unavailable, match="more than"):
            fetch_over_http(f"{address}/jwks", 2.0)()
        played.up = False
        with pytest.raises(Unavailable, match="503"):
            fetch_over_http(f"{address}/jwks", 2.0)()
    with pytest.raises(Unavailable, match="EDGE_JWT_JWKS_URL"):
        fetch_over_http(f"{address}/jwks", 2.0)()
