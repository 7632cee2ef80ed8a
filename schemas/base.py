"""What all messages have in common."""

import uuid
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

# Every derived identifier of the project lies in this namespace.
_NAMESPACE = uuid.UUID("6f6c1c0e-5d4e-4b0e-9a53-52c2c1f3d7aa")


class Schema(BaseModel):
    """A frozen value. Fields it does not know are ignored, so that an old reader survives a newer writer."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def encode(self) -> bytes:
        """The value as JSON, in UTF-8: what stands on a topic, or goes to a client."""
        return self.__pydantic_serializer__.to_json(self)


class Event(Schema):
    """Something that happened. `at_ms` is Unix time in milliseconds; `event_id` is the same when the same
    thing is told again, so that a reader can tell a repetition from a second happening."""

    type: str
    version: int
    event_id: str
    at_ms: int


class SessionEvent(Event):
    """An event of one speaker's session, with all that later stages group by."""

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
        """The fields that every event of this session bears, to be passed on to the next one."""
        return {name: getattr(self, name) for name in self.SHARED}


def derived_id(*parts: object) -> str:
    """An identifier that is the same whenever the same parts are given: `derived_id(session, "final", 3)`."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts)))
