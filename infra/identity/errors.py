"""Why a token is refused."""

import jwt
from jwt.exceptions import InvalidSubjectError

from infra.errors import RostrumError, Unavailable


class ProviderUnavailable(Unavailable):
    """The identity provider does not answer, so tokens cannot be verified."""


class TokenRefused(RostrumError):
    """The token is invalid."""

    reason: str
    """One of a few snake_case codes, suitable as a metric's label."""

    def __init__(self, reason: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.reason = reason


def malformed() -> TokenRefused:
    return TokenRefused(
        "malformed", "This is not a JSON Web Token.", "Send the token as it was issued: three parts joined by dots."
    )


# PyJWT's errors are subclasses of one another: the first match is the most specific one.
_REASONS: tuple[tuple[type[jwt.InvalidTokenError], str, str, str], ...] = (
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
        "The token is meant for another service (`aud`).",
        "Request a token for this service from the issuer; EDGE_JWT_AUDIENCE names it.",
    ),
    (
        jwt.InvalidIssuerError,
        "wrong_issuer",
        "The token comes from another issuer (`iss`).",
        "Use the issuer named in EDGE_JWT_ISSUER.",
    ),
    (
        jwt.MissingRequiredClaimError,
        "missing_claim",
        "The token lacks a required claim.",
        "`sub` is required, and `exp`, `iss`, `aud` and others where the server's settings demand them.",
    ),
    (
        jwt.InvalidAlgorithmError,
        "wrong_algorithm",
        "The token's signature algorithm is not accepted here.",
        "Sign it with HS256, or, where the server reads a JWKS, with one of EDGE_JWT_ALGORITHMS and the matching key.",
    ),
    (
        jwt.InvalidSignatureError,
        "bad_signature",
        "The token's signature is wrong.",
        "It was signed with another key: for local use, `rostrum token --user ID` makes one that fits.",
    ),
    (InvalidSubjectError, "bad_claim", "The token's claim 'sub' is not a string.", "`sub` is the user's id."),
    (jwt.InvalidIssuedAtError, "bad_claim", "The token's claim 'iat' is not a time.", "`iat` is Unix time in seconds."),
)


def refused_because(error: jwt.InvalidTokenError) -> TokenRefused:
    for kind, reason, message, hint in _REASONS:
        if isinstance(error, kind):
            return TokenRefused(reason, message, hint)
    return malformed()
