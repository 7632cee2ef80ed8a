"""An identity provider's public keys (JWKS, RFC 7517), cached through key rotations and the provider's outages.

PyJWT parses the keys. Its own client is not used: it would send a request to the provider for every unknown key id that
a stranger makes up, and forget a key as soon as it has left the set.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import jwt

from infra.identity import metrics
from infra.identity.errors import ProviderUnavailable, TokenRefused
from infra.telemetry import get_logger

_MIN_RSA_BITS = 2048
_MAX_BYTES = 1024 * 1024
_RETRY_S = 2.0
"""Cooldown while there are no keys at all: nobody can log in then, so it is shorter than the one for unknown keys."""
_log = get_logger("identity.jwks")

Fetch = Callable[[], bytes]
"""Returns the JWKS as the provider publishes it now. Raises ProviderUnavailable."""


@dataclass(frozen=True)
class JwksTiming:
    """All in seconds."""

    refresh_interval_s: float
    """Keys older than this are fetched again, in the background."""
    cooldown_s: float
    """Between two fetches for unknown keys."""
    removed_key_grace_s: float
    """How long a key that has left the set is still accepted."""


class JwksCache:
    """Thread-safe. The first fetch starts in the background when the cache is made. During a fetch, and when one fails,
    the known keys stay valid."""

    def __init__(self, fetch: Fetch, timing: JwksTiming, now_s: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._timing = timing
        self._now_s = now_s
        self._fetching = threading.Lock()
        self._keys: dict[str, tuple[jwt.PyJWK, float | None]] = {}  # by key id, with the time at which it left the set
        self._fetched_s: float | None = None
        self._refresh_in_background()

    def find(self, kid: str | None) -> jwt.PyJWK:
        """The key with this id; without an id, the only key. Raises TokenRefused if there is none, ProviderUnavailable
        if no keys have been fetched yet."""
        key = self._known(kid)
        if key is not None:
            if self._since_fetched_s() >= self._timing.refresh_interval_s:
                self._refresh_in_background()
            return key
        # One thread fetches, the others wait for its result.
        with self._fetching:
            key = self._known(kid)
            if key is None and self._since_fetched_s() >= (self._timing.cooldown_s if self._keys else _RETRY_S):
                self._refresh()
                key = self._known(kid)
        if key is not None:
            return key
        if not self._keys:
            raise ProviderUnavailable(
                "No public keys could be fetched from EDGE_JWT_JWKS_URL.", "Is the identity provider up?"
            )
        raise TokenRefused(
            "unknown_key",
            "The token was signed with an unknown key, or does not name its key.",
            "The header `kid` must name a key in the JWKS at EDGE_JWT_JWKS_URL.",
        )

    def _known(self, kid: str | None) -> jwt.PyJWK | None:
        keys = self._keys
        if kid is None:
            current = [key for key, left_s in keys.values() if left_s is None]
            return current[0] if len(current) == 1 else None
        key, left_s = keys.get(kid, (None, None))
        expired = left_s is not None and self._now_s() - left_s > self._timing.removed_key_grace_s
        return None if expired else key

    def _since_fetched_s(self) -> float:
        return float("inf") if self._fetched_s is None else self._now_s() - self._fetched_s

    def _refresh_in_background(self) -> None:
        def refresh() -> None:
            # If another thread is already fetching, there is nothing to do.
            if self._fetching.acquire(blocking=False):
                try:
                    self._refresh()
                finally:
                    self._fetching.release()

        if not self._fetching.locked():
            threading.Thread(target=refresh, name="jwks", daemon=True).start()

    def _refresh(self) -> None:
        """Called with `_fetching` held. A failed fetch leaves the keys as they are."""
        try:
            found = _parse(self._fetch())
        except ProviderUnavailable as error:
            metrics.JWKS_FETCHES.labels("failed").inc()
            _log.error("JWKS fetch failed", reason=error.message, known_keys=len(self._keys))
        else:
            metrics.JWKS_FETCHES.labels("read").inc()
            self._replace(found)
        # Set only now, so that the first fetch does not look like a failed one while it is still running.
        self._fetched_s = self._now_s()

    def _replace(self, found: dict[str, jwt.PyJWK]) -> None:
        now_s = self._now_s()
        gone = {kid: (key, now_s if left_s is None else left_s) for kid, (key, left_s) in self._keys.items()}
        kept = {kid: each for kid, each in gone.items() if now_s - each[1] <= self._timing.removed_key_grace_s}
        # A new dict, so that threads without the lock see either the old keys or the new ones.
        self._keys = {**kept, **{kid: (key, None) for kid, key in found.items()}}


def _parse(document: bytes) -> dict[str, jwt.PyJWK]:
    """The keys that may sign tokens: public, meant for signatures, and long enough. Raises ProviderUnavailable if there
    are none."""
    try:
        parsed = jwt.PyJWKSet.from_json(document.decode())
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as error:
        # PyJWT lets the last four through for JSON that is not a JWKS.
        raise ProviderUnavailable(
            f"The response of EDGE_JWT_JWKS_URL is not a JWKS ({error}).", "Is it the right address?"
        ) from None
    keys = {key.key_id or "": key for key in parsed.keys if _may_sign(key)}
    if not keys:
        raise ProviderUnavailable("The JWKS at EDGE_JWT_JWKS_URL has no signature key.", "Is it the right address?")
    return keys


def _may_sign(key: jwt.PyJWK) -> bool:
    if key.key_type == "oct" or key.public_key_use not in (None, "sig"):
        return False
    return key.key_type != "RSA" or key.key.key_size >= _MIN_RSA_BITS


def fetch_over_http(url: str, timeout_s: float) -> Fetch:
    """Fetches the JWKS from this URL. Redirects are not followed: they may lead away from https."""

    def fetch() -> bytes:
        try:
            with httpx.stream("GET", url, timeout=timeout_s, headers={"Accept": "application/json"}) as answer:
                answer.raise_for_status()
                document = b""
                for piece in answer.iter_bytes():
                    document += piece
                    if len(document) > _MAX_BYTES:
                        raise ProviderUnavailable(
                            f"The JWKS has more than {_MAX_BYTES} bytes.", "Is it the right address?"
                        )
                return document
        except httpx.HTTPError as error:
            raise ProviderUnavailable(
                f"EDGE_JWT_JWKS_URL: {error or type(error).__name__}.", "Is it reachable?"
            ) from error

    return fetch
