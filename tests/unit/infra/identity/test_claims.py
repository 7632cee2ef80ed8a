"""What is read of a verified token's claims."""

from typing import Any

import pytest

from infra.identity.claims import identity_of
from infra.identity.errors import TokenRefused


def test_everything_but_the_subject_may_be_missing() -> None:
    identity = identity_of({"sub": "u"})
    assert (identity.user_id, identity.name, identity.org, identity.groups) == ("u", None, "", ())
    assert (identity.roles, identity.expires_at_ms, identity.max_sessions) == (frozenset(), None, None)


def test_unknown_claims_are_ignored_and_an_empty_name_is_none() -> None:
    identity = identity_of({"sub": "u", "name": "", "jti": 7, "exp": 1.5, "max_sessions": 0})
    assert (identity.name, identity.expires_at_ms, identity.max_sessions) == (None, 1500, 0)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("sub", ""),
        ("sub", "x" * 201),
        ("name", 7),
        ("org", "x" * 201),
        ("groups", "9b"),
        ("groups", ["9b"] * 101),
        ("roles", [1]),
        ("exp", "soon"),
        ("max_sessions", -1),
        ("max_sessions", True),
    ],
)
def test_an_invalid_claim_is_refused_by_its_name_without_its_value(claim: str, value: Any) -> None:
    with pytest.raises(TokenRefused) as refused:
        identity_of({"sub": "u", claim: value})
    assert refused.value.reason == "bad_claim"
    assert repr(claim) in refused.value.message
    assert "xxx" not in refused.value.message


def test_a_token_without_a_subject_is_refused() -> None:
    with pytest.raises(TokenRefused, match="'sub'"):
        identity_of({})
