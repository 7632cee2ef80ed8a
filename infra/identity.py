"""Who a bearer token says someone is: the same check at the edge and at the HTTP API.

HS256 with one shared secret (RFC 7519, RFC 7518 section 3.2). Without `EDGE_JWT_SECRET` the secret is the generated one
in `ROSTRUM_DATA/jwt.secret`, which is for development on one machine.
"""

import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import jwt
from jwt.exceptions import InvalidSubjectError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from infra.errors import RostrumError, SettingsError
from infra.settings import LocalSettings, Settings

_ALGORITHM = "HS256"
_MIN_SECRET_BYTES = 32
_MAX_TOKEN_CHARS = 16 * 1024
DEVELOPMENT_TOKEN_S = 12 * 3600


class IdentitySettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "EDGE_JWT_"})

    secret: SecretStr = Field(
        SecretStr(""), description="secret that signs login tokens (HS256), 32 bytes or more; empty: a generated one"
    )
    issuer: str = Field("", description="the `iss` a token must bear; empty: not checked")
    audience: str = Field("", description="the `aud` a token must be for; empty: a token with any `aud` is refused")
    leeway_s: float = Field(
        5.0, ge=0, description="seconds by which clocks may differ when a token's times are checked"
    )

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value().encode()) < _MIN_SECRET_BYTES:
            raise ValueError(f"must have {_MIN_SECRET_BYTES} bytes or more (RFC 7518 asks for it)")
        return secret


@dataclass(frozen=True)
class Identity:
    """A user, as a verified token describes them. `expires_at_ms` is Unix time, or None for a token without an end."""

    user_id: str
    name: str | None
    org: str
    groups: tuple[str, ...]
    roles: frozenset[str]
    expires_at_ms: int | None


class TokenRefused(RostrumError):
    """A token that proves nothing. `reason` is one of a few snake_case codes, fit for a metric's label."""

    def __init__(self, reason: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.reason = reason


_Label = Annotated[str, Field(max_length=200)]


class _Claims(BaseModel):
    """The claims we read, checked after the signature: an issuer's mistake must not travel down the pipeline."""

    model_config = ConfigDict(extra="ignore", strict=True)

    sub: Annotated[str, Field(min_length=1, max_length=200)]
    name: _Label | None = None
    org: _Label | None = None
    groups: Annotated[list[_Label], Field(max_length=100)] | None = None
    roles: Annotated[list[_Label], Field(max_length=100)] | None = None
    exp: int | float | None = None


class TokenVerifier:
    """Turns a token into an identity. Raises SettingsError when made if the generated secret cannot be read or kept."""

    def __init__(self, settings: IdentitySettings, local: LocalSettings) -> None:
        self._settings = settings
        self._secret = login_secret(settings, local)

    def verify(self, token: str) -> Identity:
        """Raises TokenRefused."""
        try:
            claims = _Claims.model_validate(self._decode(token))
        except ValidationError as error:
            claim = error.errors()[0]["loc"][0]
            raise TokenRefused(
                "bad_claim",
                f"The token's claim {claim!r} is not what it should be.",
                "`sub`, `name` and `org` are texts of at most 200 characters, `groups` and `roles` lists of such.",
            ) from None
        return Identity(
            user_id=claims.sub,
            name=claims.name or None,
            org=claims.org or "",
            groups=tuple(claims.groups or ()),
            roles=frozenset(claims.roles or ()),
            expires_at_ms=int(claims.exp * 1000) if claims.exp is not None else None,
        )

    def _decode(self, token: str) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN_CHARS:
            raise _malformed()
        try:
            return jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                issuer=self._settings.issuer or None,
                audience=self._settings.audience or None,
                leeway=self._settings.leeway_s,
                options={"require": ["sub"]},
            )
        except jwt.InvalidTokenError as error:
            raise _refusal(error) from None
        except (OverflowError, RecursionError, TypeError, ValueError):
            # PyJWT lets these through for a header nested too deep or a time that is no number.
            raise _malformed() from None


def _malformed() -> TokenRefused:
    return TokenRefused(
        "malformed", "This is not a JSON Web Token.", "Send the token as it was issued: three parts joined by dots."
    )


# PyJWT's errors are subclasses of one another: the first that fits says it best.
_REFUSALS: tuple[tuple[type[jwt.InvalidTokenError], str, str, str], ...] = (
    (jwt.ExpiredSignatureError, "expired", "The token has expired.", "Get a fresh token and connect again."),
    (
        jwt.ImmatureSignatureError,
        "not_yet_valid",
        "The token is not valid yet.",
        "Check the clocks of the issuer and of this server.",
    ),
    (
        jwt.InvalidAudienceError,
        "wrong_audience",
        "The token is meant for somebody else (`aud`).",
        "Ask the issuer for a token for this service; EDGE_JWT_AUDIENCE says which.",
    ),
    (
        jwt.InvalidIssuerError,
        "wrong_issuer",
        "The token comes from another issuer (`iss`).",
        "Use the issuer that EDGE_JWT_ISSUER names.",
    ),
    (
        jwt.MissingRequiredClaimError,
        "missing_claim",
        "The token lacks a claim it must have.",
        "It needs `sub`, and `iss` and `aud` where the server asks for them.",
    ),
    (
        jwt.InvalidAlgorithmError,
        "wrong_algorithm",
        "The token is signed in a way that is not accepted here.",
        f"Sign it with {_ALGORITHM}.",
    ),
    (
        jwt.InvalidSignatureError,
        "bad_signature",
        "The token's signature is wrong.",
        "It was signed with another secret: for local use, `rostrum token --user ID` makes one that fits.",
    ),
    (InvalidSubjectError, "bad_claim", "The token's claim 'sub' is not a text.", "`sub` is the user's id."),
    (jwt.InvalidIssuedAtError, "bad_claim", "The token's claim 'iat' is not a time.", "`iat` is Unix time in seconds."),
)


def _refusal(error: jwt.InvalidTokenError) -> TokenRefused:
    for kind, reason, message, hint in _REFUSALS:
        if isinstance(error, kind):
            return TokenRefused(reason, message, hint)
    return _malformed()


def login_secret(settings: IdentitySettings, local: LocalSettings) -> str:
    """The secret that login tokens are signed with here. Raises SettingsError if the generated one cannot be had."""
    return settings.secret.get_secret_value() or development_secret(local)


def development_secret(local: LocalSettings) -> str:
    """The generated secret of this data folder, made (readable by its owner alone) on first use. Two processes that
    start together get the same one. Raises SettingsError if it can be neither read nor made."""
    path = local.data.expanduser() / "jwt.secret"
    try:
        if not path.exists():
            _create_once(path, secrets.token_urlsafe(48))
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The login secret {path} cannot be read or made ({error}).",
            "Set EDGE_JWT_SECRET, or make the folder ROSTRUM_DATA writable.",
        ) from error
    if len(secret.encode()) < _MIN_SECRET_BYTES:
        raise SettingsError(f"The login secret in {path} is too short.", "Delete the file: a new one is made.")
    return secret


def _create_once(path: Path, content: str) -> None:
    """Put a whole file in place unless one is there: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        Path(draft).unlink()


def development_token(
    secret: str,
    user: str,
    *,
    name: str | None = None,
    org: str = "",
    groups: Sequence[str] = (),
    roles: Sequence[str] = (),
    valid_s: float = DEVELOPMENT_TOKEN_S,
    issuer: str = "",
    audience: str = "",
) -> str:
    """A login token for a user, as an identity provider would issue it; valid for `valid_s` seconds from now."""
    now_s = int(time.time())
    claims: dict[str, Any] = {"sub": user, "iat": now_s, "exp": now_s + int(valid_s), "org": org}
    claims |= {"groups": list(groups), "roles": list(roles)}
    optional = {"name": name, "iss": issuer, "aud": audience}
    return jwt.encode(claims | {key: value for key, value in optional.items() if value}, secret, algorithm=_ALGORITHM)
