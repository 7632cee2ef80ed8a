from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.base import SessionEvent, derived_id
from schemas.topics import Topic, parse_event


def _started() -> SessionEvent:
    event = parse_event(
        Topic.SESSION_EVENTS, Path("schemas/examples/session.events/session_started.v1.json").read_bytes()
    )
    assert isinstance(event, SessionEvent)
    return event


def test_a_derived_id_depends_on_every_part_and_on_where_it_ends() -> None:
    assert derived_id("s", "final", 3) == derived_id("s", "final", 3)
    others = derived_id("s", "final", 4), derived_id("s", "final3"), derived_id("sf", "inal", 3)
    assert len({derived_id("s", "final", 3), *others}) == 4


def test_what_a_session_shares_is_what_every_event_of_it_bears() -> None:
    event = _started()
    assert set(event.shared()) == set(SessionEvent.model_fields) - {"type", "version", "event_id", "at_ms"}
    assert event.shared()["groups"] == ("4b",)


def test_events_are_frozen() -> None:
    event = _started()
    with pytest.raises(ValidationError):
        event.user_id = "someone else"  # type: ignore[misc]  # that it is refused is the point
