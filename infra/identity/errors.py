"""Tokens that prove nothing, and why."""

import jwt
from jwt.exceptions import InvalidSubjectError

from infra.errors import RostrumError, Unavailable


class ProviderUnavailable(Unavailable):
    """The identity provider does not answer, so nobody can tell what a token is worth."""


class TokenRefused(RostrumError):
    """A token that proves nothing. `reason` is one of a few snake_case codes, fit for a metric's label."""

    def __init__(self, reason: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.reason = reason


def malformed() -> TokenRefused:
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
        "It needs `sub`, and `exp`, `iss`, `aud` and others where the server asks for them.",
    ),
    (
        jwt.InvalidAlgorithmError,
        "wrong_algorithm",
        "The token is signed in a way that is not accepted here.",
        "Sign it with HS256, or where the server reads keys (JWKS) with one of EDGE_JWT_ALGORITHMS and that key.",
    ),
    (
        jwt.InvalidSignatureError,
        "bad_signature",
        "The token's signature is wrong.",
        "It was signed with another key: for local use, `rostrum token --user ID` makes one that fits.",
    ),
    (InvalidSubjectError, "bad_claim", "The token's claim 'sub' is not a text.", "`sub` is the user's id."),
    (jwt.InvalidIssuedAtError, "bad_claim", "The token's claim 'iat' is not a time.", "`iat` is Unix time in seconds."),
)


def refusal(error: jwt.InvalidTokenError) -> TokenRefused:
    for kind, reason, message, hint in _REFUSALS:
        if isinstance(error, kind):
            return TokenRefused(reason, message, hint)
    return malformed()
