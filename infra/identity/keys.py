"""An identity provider's public keys (JWKS, RFC 7517): cached, and found through rotations and outages.

PyJWT parses the keys. Its own client is not used: it would ask the provider for every unknown key that a stranger
thinks of, and know nothing of a key any more once it has left the set.
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
# While there are no keys at all nobody can log in, so the next look comes sooner than for a stranger's key.
_RETRY_S = 2.0
_log = get_logger("identity.keys")

Fetch = Callable[[], bytes]
"""The JWKS, as it stands there now. Raises ProviderUnavailable."""


@dataclass(frozen=True)
class Timing:
    """Seconds: after which keys are read again; between looks for unknown ones; for which a removed one is kept."""

    refresh_s: float
    lookup_s: float
    keep_s: float


class KeySet:
    """Thread-safe. Keys are read at once when made, in the background, and again as `Timing` says; while they are read,
    and while they cannot be, those that are known stay good."""

    def __init__(self, fetch: Fetch, timing: Timing, now_s: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._timing = timing
        self._now_s = now_s
        self._reading = threading.Lock()
        self._keys: dict[str, tuple[jwt.PyJWK, float | None]] = {}  # by id, with the time when it left the set
        self._tried_s: float | None = None
        self._read_in_background()

    def find(self, kid: str | None) -> jwt.PyJWK:
        """The key with this id; without an id, the only one. Raises TokenRefused if there is none, ProviderUnavailable
        if no keys could be read yet."""
        key = self._known(kid)
        if key is not None:
            if self._since_tried_s() >= self._timing.refresh_s:
                self._read_in_background()
            return key
        # One looks, the others wait for what it finds.
        with self._reading:
            key = self._known(kid)
            if key is None and self._since_tried_s() >= (self._timing.lookup_s if self._keys else _RETRY_S):
                self._read()
                key = self._known(kid)
        if key is not None:
            return key
        if not self._keys:
            raise ProviderUnavailable(
                "No public keys could be read from EDGE_JWT_JWKS_URL.", "Is the identity provider up?"
            )
        raise TokenRefused(
            "unknown_key",
            "The token was signed with a key that is not known here, or it does not say with which.",
            "The header `kid` must name a key of the provider that EDGE_JWT_JWKS_URL names.",
        )

    def _known(self, kid: str | None) -> jwt.PyJWK | None:
        keys = self._keys
        if kid is None:
            current = [key for key, left_s in keys.values() if left_s is None]
            return current[0] if len(current) == 1 else None
        key, left_s = keys.get(kid, (None, None))
        outworn = left_s is not None and self._now_s() - left_s > self._timing.keep_s
        return None if outworn else key

    def _since_tried_s(self) -> float:
        return float("inf") if self._tried_s is None else self._now_s() - self._tried_s

    def _read_in_background(self) -> None:
        def read() -> None:
            # Somebody else may be at it; then there is nothing left to do.
            if self._reading.acquire(blocking=False):
                try:
                    self._read()
                finally:
                    self._reading.release()

        if not self._reading.locked():
            threading.Thread(target=read, name="jwks", daemon=True).start()

    def _read(self) -> None:
        """Called by the one who holds `_reading`. What cannot be read leaves the keys as they are."""
        try:
            found = _parse(self._fetch())
        except ProviderUnavailable as error:
            metrics.JWKS_READS.labels("failed").inc()
            _log.error("keys not read", reason=error.message, known=len(self._keys))
        else:
            metrics.JWKS_READS.labels("read").inc()
            self._replace(found)
        # Only now, so that nobody takes the first read, while it lasts, for a failed one.
        self._tried_s = self._now_s()

    def _replace(self, found: dict[str, jwt.PyJWK]) -> None:
        now_s = self._now_s()
        gone = {kid: (key, now_s if left_s is None else left_s) for kid, (key, left_s) in self._keys.items()}
        kept = {kid: each for kid, each in gone.items() if now_s - each[1] <= self._timing.keep_s}
        # A new dict, so that readers without the lock see either the old keys or the new ones.
        self._keys = {**kept, **{kid: (key, None) for kid, key in found.items()}}


def _parse(document: bytes) -> dict[str, jwt.PyJWK]:
    """The keys that may sign tokens: public ones, meant for it, long enough. Raises ProviderUnavailable if none are."""
    try:
        parsed = jwt.PyJWKSet.from_json(document.decode())
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError) as error:
        # PyJWT lets the last ones through for JSON that is no such document.
        raise ProviderUnavailable(
            f"What EDGE_JWT_JWKS_URL gives is no JWKS ({error}).", "Is it the right address?"
        ) from None
    keys = {key.key_id or "": key for key in parsed.keys if _may_sign(key)}
    if not keys:
        raise ProviderUnavailable(
            "The JWKS of EDGE_JWT_JWKS_URL has no key for signatures.", "Is it the right address?"
        )
    return keys


def _may_sign(key: jwt.PyJWK) -> bool:
    if key.key_type == "oct" or key.public_key_use not in (None, "sig"):
        return False
    return key.key_type != "RSA" or key.key.key_size >= _MIN_RSA_BITS


def http_fetch(url: str, timeout_s: float) -> Fetch:
    """Read the JWKS from there. Redirects are not followed: they may lead away from https."""

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
