"""What a verified token says of its user."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.identity.errors import TokenRefused


@dataclass(frozen=True)
class Identity:
    """A user, as a verified token describes them. `expires_at_ms` is Unix time, or None for a token without an end;
    `max_sessions` how many sessions they may hold at once, 0 for any number, None if the token does not say."""

    user_id: str
    name: str | None
    org: str
    groups: tuple[str, ...]
    roles: frozenset[str]
    expires_at_ms: int | None
    max_sessions: int | None = None


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
    max_sessions: Annotated[int, Field(ge=0)] | None = None


def identity_of(claims: dict[str, Any]) -> Identity:
    """Raises TokenRefused for a claim that is not what it should be."""
    try:
        read = _Claims.model_validate(claims)
    except ValidationError as error:
        claim = error.errors()[0]["loc"][0]
        raise TokenRefused(
            "bad_claim",
            f"The token's claim {claim!r} is not what it should be.",
            "`sub`, `name` and `org` are texts of at most 200 characters, `groups` and `roles` lists of such, "
            "`max_sessions` is a number from 0.",
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
