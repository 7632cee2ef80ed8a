"""Verifies a token and returns its user's identity."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt

from infra.identity.claims import Identity, identity_of
from infra.identity.development import ALGORITHM, login_secret
from infra.identity.errors import malformed, refused_because
from infra.identity.introspection import Introspection
from infra.identity.jwks import JwksCache, JwksTiming, fetch_over_http
from infra.identity.settings import IdentitySettings
from infra.settings import LocalSettings, separated

_MAX_TOKEN_CHARS = 16 * 1024
_MAX_PENDING_REQUESTS = 4


class TokenVerifier:
    """The constructor raises SettingsError if the generated secret cannot be read or created."""

    def __init__(self, settings: IdentitySettings, local: LocalSettings) -> None:
        self._settings = settings
        self._keys: JwksCache | None = None
        self._secret = ""
        if settings.jwks_url:
            timing = JwksTiming(
                settings.jwks_refresh_interval_s, settings.jwks_cooldown_s, settings.jwks_removed_key_grace_s
            )
            self._keys = JwksCache(fetch_over_http(settings.jwks_url, settings.timeout_s), timing)
        else:
            self._secret = login_secret(settings, local)
        self._introspection = Introspection(settings) if settings.introspection_url else None

    @property
    def may_block(self) -> bool:
        """Whether `verify` may wait for another machine; it must then not be called on an event loop."""
        return self._keys is not None or self._introspection is not None

    def verify(self, token: str) -> Identity:
        """Raises TokenRefused; ProviderUnavailable if the identity provider has to be asked and does not answer."""
        identity = identity_of(self._decode(token))
        if self._introspection is not None:
            self._introspection.confirm(token, identity.user_id)
        return identity

    def _decode(self, token: str) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN_CHARS:
            raise malformed()
        expected = ["sub", *separated(self._settings.required_claims), *(["exp"] if self._keys else [])]
        try:
            key, algorithm = self._key_for(token)
            return jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                issuer=self._settings.issuer or None,
                audience=self._settings.audience or None,
                leeway=self._settings.leeway_s,
                options={"require": expected},
            )
        except jwt.InvalidTokenError as error:
            raise refused_because(error) from None
        except (OverflowError, RecursionError, TypeError, ValueError):
            # PyJWT lets these through for a header nested too deeply or a time that is not a number.
            raise malformed() from None

    def _key_for(self, token: str) -> tuple[str | jwt.PyJWK, str]:
        """The key and algorithm that the token must have been signed with. The algorithm in the token's header can only
        exclude the token, never choose the algorithm (RFC 8725, section 3.1)."""
        if self._keys is None:
            return self._secret, ALGORITHM
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in separated(self._settings.algorithms):
            raise jwt.InvalidAlgorithmError
        key = self._keys.find(header.get("kid"))
        if key.algorithm_name != header["alg"]:
            raise jwt.InvalidAlgorithmError
        return key, header["alg"]


class AsyncVerifier:
    """A TokenVerifier for an event loop, which it never blocks."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier
        self._threads = ThreadPoolExecutor(_MAX_PENDING_REQUESTS, "tokens") if verifier.may_block else None

    async def verify(self, token: str) -> Identity:
        """Raises the same errors as TokenVerifier.verify."""
        if self._threads is None:
            return self._verifier.verify(token)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verifier.verify, token)
