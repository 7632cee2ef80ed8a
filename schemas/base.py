"""Base classes of all messages, and identifiers derived from what a message is about."""

import uuid
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

# UUID namespace of every derived identifier.
_NAMESPACE = uuid.UUID("6f6c1c0e-5d4e-4b0e-9a53-52c2c1f3d7aa")


class Schema(BaseModel):
    """A frozen value. Unknown fields are ignored, so that an older reader can parse a newer writer's messages."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def encode(self) -> bytes:
        """The value as UTF-8 JSON, as it is written to a topic or sent to a client."""
        # `model_dump_json()` would decode to str first, and messages are encoded for every frame of audio.
        return self.__pydantic_serializer__.to_json(self)


class Event(Schema):
    """Something that happened."""

    type: str
    version: int
    event_id: str
    """The same if the event is published again, so that a reader can recognise a duplicate."""
    at_ms: int
    """Unix time, in milliseconds."""


class SessionEvent(Event):
    """An event of one session, with the fields that later stages group by."""

    session_id: str
    user_id: str
    display_name: str
    org: str
    groups: tuple[str, ...]
    mode: str
    competition: str | None

    SHARED: ClassVar[tuple[str, ...]] = (
        "session_id",
        "user_id",
        "display_name",
        "org",
        "groups",
        "mode",
        "competition",
    )

    def shared(self) -> dict[str, Any]:
        """The fields that all events of this session share, to build the next event from."""
        return {name: getattr(self, name) for name in self.SHARED}


def derived_id(*parts: object) -> str:
    """A UUID that is always the same for the same parts: `derived_id(session, "final", 3)`."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts)))
