"""How many may come in."""

from contextlib import ExitStack

from edge.connection_limits import Doors
from edge.core.admission.handshake import Refusal, Request, Rules


def from_(address: str) -> Request:
    return Request(address, (), None, "speak.example", plain=False)


def reason(refused: Refusal | None) -> str | None:
    return refused.reason if refused else None


def test_a_full_house_takes_nobody_until_somebody_leaves() -> None:
    doors = Doors(Rules(total=2, per_address=0))
    with doors.inside(from_("192.0.2.1")):
        assert doors.refuse(from_("192.0.2.1")) is None
        with doors.inside(from_("192.0.2.2")):
            refused = doors.refuse(from_("192.0.2.3"))
            assert refused is not None
            assert (refused.reason, refused.status, refused.retry_after_s) == ("total", 503, 10)
    assert doors.refuse(from_("192.0.2.3")) is None


def test_one_address_leaves_room_for_others() -> None:
    doors = Doors(Rules(total=0, per_address=2))
    with ExitStack() as inside:
        for _ in range(2):
            assert doors.refuse(from_("192.0.2.1")) is None
            inside.enter_context(doors.inside(from_("192.0.2.1")))
        assert reason(doors.refuse(from_("192.0.2.1"))) == "address"
        assert doors.refuse(from_("192.0.2.2")) is None
    assert doors.refuse(from_("192.0.2.1")) is None
