"""How many sessions a user may hold."""

from edge.core.effects import Admit
from edge.core.events import Admitted, Rejected
from edge.places import Places

ADMITTED = Admitted()


def test_so_many_and_no_more_until_one_is_over() -> None:
    places = Places()
    for conn in ("a", "b"):
        assert places.take(conn, Admit("ada", None, most=2)) == ADMITTED
    assert places.take("c", Admit("ada", None, most=2)) == Rejected(2, competition=False)
    assert places.take("d", Admit("eve", None, most=2)) == ADMITTED
    places.leave("a", "ada")
    assert places.take("c", Admit("ada", None, most=2)) == ADMITTED


def test_one_session_of_a_competition() -> None:
    places = Places()
    assert places.take("a", Admit("ada", "spring", most=0)) == ADMITTED
    assert places.take("b", Admit("ada", "spring", most=0)) == Rejected(1, competition=True)
    assert places.take("b", Admit("ada", "autumn", most=0)) == ADMITTED
    assert places.take("c", Admit("ada", None, most=0)) == ADMITTED
    assert places.take("d", Admit("eve", "spring", most=0)) == ADMITTED
    places.leave("a", "ada")
    assert places.take("e", Admit("ada", "spring", most=0)) == ADMITTED


def test_nothing_is_kept_of_those_who_left() -> None:
    places = Places()
    places.take("a", Admit("ada", None, most=1))
    places.take("b", Admit("ada", None, most=1))
    places.leave("a", "ada")
    places.leave("b", "ada")
    places.leave("c", "nobody")
    assert len(places) == 0
