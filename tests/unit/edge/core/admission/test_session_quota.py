"""How many sessions a user may hold."""

from edge.core.admission.session_quota import Places
from edge.core.effects import Admit, Claim
from edge.core.events import Rejected
from schemas.wire import AudioFormat

ADMITTED = None


def begun(user: str, competition: str | None, session: str, most: int | None) -> Admit:
    return Admit(Claim(session, user, competition, AudioFormat()), most)


def test_so_many_and_no_more_until_one_is_over() -> None:
    places = Places()
    for conn in ("a", "b"):
        assert places.take(conn, begun("ada", None, conn, most=2)) == ADMITTED
    assert places.take("c", begun("ada", None, "c", most=2)) == Rejected(2, competition=False)
    assert places.take("d", begun("eve", None, "d", most=2)) == ADMITTED
    places.leave("a", "ada")
    assert places.take("c", begun("ada", None, "c", most=2)) == ADMITTED


def test_one_session_of_a_competition() -> None:
    places = Places()
    assert places.take("a", begun("ada", "spring", "a", most=0)) == ADMITTED
    assert places.take("b", begun("ada", "spring", "b", most=0)) == Rejected(1, competition=True)
    assert places.take("b", begun("ada", "autumn", "b", most=0)) == ADMITTED
    assert places.take("c", begun("ada", None, "c", most=0)) == ADMITTED
    assert places.take("d", begun("eve", "spring", "d", most=0)) == ADMITTED
    places.leave("a", "ada")
    assert places.take("e", begun("ada", "spring", "e", most=0)) == ADMITTED


def test_nothing_is_kept_of_those_who_left() -> None:
    places = Places()
    places.take("a", begun("ada", None, "a", most=1))
    places.take("b", begun("ada", None, "b", most=1))
    places.leave("a", "ada")
    places.leave("b", "ada")
    places.leave("c", "nobody")
    assert len(places) == 0


def test_a_session_that_goes_on_has_its_place_already() -> None:
    places = Places()
    assert places.take("a", begun("ada", "spring", "s1", most=1)) == ADMITTED
    assert places.take("b", begun("ada", "spring", "s1", most=None)) == ADMITTED
    places.leave("a", "ada")
    assert places.take("c", begun("ada", None, "s2", most=1)) == Rejected(1, competition=False)
    assert places.take("d", begun("ada", "spring", "s3", most=0)) == Rejected(1, competition=True)
    places.leave("b", "ada")
    assert places.take("e", begun("ada", "spring", "s3", most=1)) == ADMITTED


def test_two_connections_of_one_session_count_once() -> None:
    places = Places()
    places.take("a", begun("ada", None, "s1", most=2))
    places.take("b", begun("ada", None, "s1", most=None))
    assert places.take("c", begun("ada", None, "s2", most=2)) == ADMITTED
