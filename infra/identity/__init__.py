"""Verifies bearer tokens and reads the user from them, in the same way for the edge and the HTTP API.

In development HS256 with one shared secret (RFC 7519, RFC 7518 section 3.2): `EDGE_JWT_SECRET`, or the generated one in
`ROSTRUM_DATA/jwt.secret`. In production the public keys of an identity provider (`EDGE_JWT_JWKS_URL`, RFC 7517). Never
both: a public key must not be accepted as a secret.
"""

from infra.identity.claims import Identity
from infra.identity.development import DEVELOPMENT_TOKEN_S, development_secret, development_token, login_secret
from infra.identity.errors import ProviderUnavailable, TokenRefused
from infra.identity.settings import IdentitySettings
from infra.identity.verifier import AsyncVerifier, TokenVerifier

__all__ = [
    "DEVELOPMENT_TOKEN_S",
    "AsyncVerifier",
    "Identity",
    "IdentitySettings",
    "ProviderUnavailable",
    "TokenRefused",
    "TokenVerifier",
    "development_secret",
    "development_token",
    "login_secret",
]
