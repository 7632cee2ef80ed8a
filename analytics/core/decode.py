"""Records decoded to events."""

from pydantic import ValidationError

from schemas.base import Event
from schemas.topics import Topic, parse_event
from schemas.validation import describe_faults

_MAX_REASON_CHARS = 500


class UndecodableRecord(Exception):
    """A record is not an event of its topic. The reason repeats nothing of the record's value, since it is logged."""


def decode(topic: Topic, value: bytes | None) -> Event:
    """Raises UndecodableRecord."""
    if value is None:
        raise UndecodableRecord("the record has no value")
    try:
        return parse_event(topic, value)
    except ValidationError as error:
        raise UndecodableRecord(describe_faults(error)[:_MAX_REASON_CHARS]) from None
    except ValueError:
        raise UndecodableRecord(f"not an event that {topic.value.name} carries") from None
