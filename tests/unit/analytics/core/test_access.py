"""Access rules."""

import pytest

from analytics.core.access import Principal, may_change_competition, may_read_competition, may_read_session
from analytics.core.read_models import Competition
from tests.support.analytics.fake_fact_store import session


def principal(user: str = "eve", org: str = "north", groups: tuple[str, ...] = (), *roles: str) -> Principal:
    return Principal(user, org, groups, frozenset(roles))


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (principal("ann"), True),
        (principal("ann", org="south"), True),
        (principal("eve"), False),
        (principal("eve", "north", ("7a",)), False),
        (principal("eve", "north", ("7a", "8b"), "teacher"), True),
        (principal("eve", "north", ("8b",), "teacher"), False),
        (principal("eve", "south", ("7a",), "teacher"), False),
        (principal("eve", "north", (), "admin"), True),
        (principal("eve", "south", (), "admin"), False),
    ],
)
def test_who_may_read_a_session(who: Principal, allowed: bool) -> None:
    assert may_read_session(who, session(user_id="ann")) is allowed


def test_who_may_read_a_leaderboard() -> None:
    other_school, no_school = Competition(id="a", name="a", org="south"), Competition(id="b", name="b")
    assert may_read_competition(None, other_school, public=True)
    assert not may_read_competition(None, no_school, public=False)
    assert may_read_competition(principal(), no_school, public=False)
    assert not may_read_competition(principal(), other_school, public=False)


def test_who_may_change_a_competition() -> None:
    admin = principal("eve", "north", (), "admin")
    assert may_change_competition(admin, None)
    assert may_change_competition(admin, Competition(id="a", name="a"))
    assert not may_change_competition(admin, Competition(id="a", name="a", org="south"))
    assert not may_change_competition(principal("eve", "north", (), "teacher"), None)
