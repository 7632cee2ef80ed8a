"""Records to events."""

from pydantic import ValidationError

from schemas.base import Event
from schemas.topics import Topic, parse_event

_MAX_REASON = 500


class Undecodable(Exception):
    """Why a record is no event of its topic. The reason repeats nothing of what the record says: it is logged."""


def decode(topic: Topic, value: bytes | None) -> Event:
    """Raises Undecodable."""
    if value is None:
        raise Undecodable("the record has no value")
    try:
        return parse_event(topic, value)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        reason = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'value'}: {fault['msg']}" for fault in faults)
        raise Undecodable(reason[:_MAX_REASON]) from None
    except ValueError:
        raise Undecodable(f"not an event that {topic.value.name} carries") from None
