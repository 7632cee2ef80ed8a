"""What one client should see now, on `replies`."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Event
from schemas.wire import FinalMessage, Notice, Partial, Questions, ReportMessage, Summary

ReplyMessage = Annotated[
    Questions | Partial | FinalMessage | Summary | ReportMessage | Notice, Field(discriminator="type")
]


class Reply(Event):
    """Sent to the partition of `replies` that the client's edge owns. `message` is null when there is nothing to show
    and only `heard_frames` (frames worked through, or null from stages that do not hear) is news."""

    type: Literal["reply"] = "reply"
    version: Literal[1] = 1
    session_id: str
    conn: str
    heard_frames: int | None
    message: ReplyMessage | None
