"""Who may read what."""

import pytest

from analytics.core.access import Reader, may_change_competition, may_read_competition, may_read_session
from analytics.core.facts import Competition
from tests.support.analytics.stored_facts import session


def reader(user: str = "eve", org: str = "north", groups: tuple[str, ...] = (), *roles: str) -> Reader:
    return Reader(user, org, groups, frozenset(roles))


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (reader("ann"), True),
        (reader("ann", org="south"), True),
        (reader("eve"), False),
        (reader("eve", "north", ("7a",)), False),
        (reader("eve", "north", ("7a", "8b"), "teacher"), True),
        (reader("eve", "north", ("8b",), "teacher"), False),
        (reader("eve", "south", ("7a",), "teacher"), False),
        (reader("eve", "north", (), "admin"), True),
        (reader("eve", "south", (), "admin"), False),
    ],
)
def test_sessions(who: Reader, allowed: bool) -> None:
    assert may_read_session(who, session(user_id="ann")) is allowed


def test_leaderboards() -> None:
    theirs, nobodys = Competition(id="a", name="a", org="south"), Competition(id="b", name="b")
    assert may_read_competition(None, theirs, public=True)
    assert not may_read_competition(None, nobodys, public=False)
    assert may_read_competition(reader(), nobodys, public=False)
    assert not may_read_competition(reader(), theirs, public=False)


def test_changes() -> None:
    admin = reader("eve", "north", (), "admin")
    assert may_change_competition(admin, None)
    assert may_change_competition(admin, Competition(id="a", name="a"))
    assert not may_change_competition(admin, Competition(id="a", name="a", org="south"))
    assert not may_change_competition(reader("eve", "north", (), "teacher"), None)
