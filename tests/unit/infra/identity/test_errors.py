"""PyJWT's errors become reasons that clients and metrics know."""

import jwt
import pytest
from jwt.exceptions import InvalidSubjectError

from infra.identity.errors import refused_because


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (jwt.ExpiredSignatureError(), "expired"),
        (jwt.ImmatureSignatureError(), "not_yet_valid"),
        (jwt.InvalidAudienceError(), "wrong_audience"),
        (jwt.InvalidIssuerError(), "wrong_issuer"),
        (jwt.MissingRequiredClaimError("exp"), "missing_claim"),
        (jwt.InvalidAlgorithmError(), "wrong_algorithm"),
        (jwt.InvalidSignatureError(), "bad_signature"),
        (InvalidSubjectError(), "bad_claim"),
        (jwt.InvalidIssuedAtError(), "bad_claim"),
        (jwt.DecodeError(), "malformed"),
        (jwt.InvalidTokenError(), "malformed"),
    ],
)
def test_each_error_has_its_reason_and_a_hint(error: jwt.InvalidTokenError, reason: str) -> None:
    refused = refused_because(error)
    assert refused.reason == reason
    assert refused.message
    assert refused.hint
