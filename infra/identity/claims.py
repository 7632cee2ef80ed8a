"""What a verified token says about its user."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.identity.errors import TokenRefused


@dataclass(frozen=True)
class Identity:
    """A user, as a verified token describes them."""

    user_id: str
    name: str | None
    org: str
    groups: tuple[str, ...]
    roles: frozenset[str]
    expires_at_ms: int | None
    """Unix time; None for a token that does not expire."""
    max_sessions: int | None = None
    """How many sessions the user may hold at once: 0 for any number, None if the token does not say."""


_Label = Annotated[str, Field(max_length=200)]


class _LoginClaims(BaseModel):
    """The claims that are read, validated after the signature: an issuer's mistake must not travel down the
    pipeline."""

    model_config = ConfigDict(extra="ignore", strict=True)

    sub: Annotated[str, Field(min_length=1, max_length=200)]
    name: _Label | None = None
    org: _Label | None = None
    groups: Annotated[list[_Label], Field(max_length=100)] | None = None
    roles: Annotated[list[_Label], Field(max_length=100)] | None = None
    exp: int | float | None = None
    max_sessions: Annotated[int, Field(ge=0)] | None = None


def identity_of(claims: dict[str, Any]) -> Identity:
    """Raises TokenRefused for an invalid claim."""
    try:
        read = _LoginClaims.model_validate(claims)
    except ValidationError as error:
        claim = error.errors()[0]["loc"][0]
        raise TokenRefused(
            "bad_claim",
            f"The token's claim {claim!r} is invalid.",
            "`sub`, `name` and `org` are strings of at most 200 characters, `groups` and `roles` lists of them; "
            "`max_sessions` is 0 or a positive integer.",
        ) from None
    return Identity(
        user_id=read.sub,
        name=read.name or None,
        org=read.org or "",
        groups=tuple(read.groups or ()),
        roles=frozenset(read.roles or ()),
        expires_at_ms=int(read.exp * 1000) if read.exp is not None else None,
        max_sessions=read.max_sessions,
    )
