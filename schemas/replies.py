"""Messages for one client, on `replies`."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Event, Schema
from schemas.wire import FinalMessage, Notice, Partial, Questions, ReportMessage, Summary


class ReplyAddress(Schema):
    """Where a client can be reached."""

    conn: str
    """The client's connection."""
    reply_to: int
    """The partition of `replies` that the connection's edge reads."""


class Resumed(Schema):
    """To the edge of a resuming connection: the session continues there. The questions, the missing finals and the
    newest partial or the summary follow."""

    type: Literal["resumed"] = "resumed"
    next_frame: int
    """The next frame that the client is to send; all frames before it are stored."""
    over: bool = False
    """Whether the session has ended, so that further audio is ignored."""


class Gone(Schema):
    """To the edge of a resuming connection: the session cannot be resumed."""

    type: Literal["gone"] = "gone"
    code: Literal["no_session", "frame_gap"]
    """`no_session`: the session is unknown, or ended too long ago. `frame_gap`: the client's audio begins after the
    last frame that is stored."""


class Superseded(Schema):
    """To the edge of a connection whose session another connection has resumed."""

    type: Literal["superseded"] = "superseded"


ShownMessage = Questions | Partial | FinalMessage | Summary | ReportMessage | Notice
"""Messages that the edge passes on to the client unchanged."""

ReplyMessage = Annotated[ShownMessage | Resumed | Gone | Superseded, Field(discriminator="type")]


class Reply(Event):
    """A message to one client, sent to the partition of `replies` that its edge reads."""

    type: Literal["reply"] = "reply"
    version: Literal[1] = 1
    session_id: str
    conn: str
    heard_frames: int | None
    """Frames that the transcriber has processed; null from other stages."""
    message: ReplyMessage | None
    """Null if only `heard_frames` is new."""
