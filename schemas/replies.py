"""What one client should see now, on `replies`."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Event, Schema
from schemas.wire import FinalMessage, Notice, Partial, Questions, ReportMessage, Summary


class Resumed(Schema):
    """To the edge of a connection that resumed: the session goes on there. `next_frame`: the frame that is to come
    next, so those before it are held. `over`: the session has ended, no more audio counts. Questions, missing finals
    and the newest partial or the summary follow."""

    type: Literal["resumed"] = "resumed"
    next_frame: int
    over: bool = False


class Gone(Schema):
    """To the edge of a connection that resumed: nothing can be gone on with. `no_session`: none is known by this id,
    or it ended too long ago. `frame_gap`: the client's audio begins after what is held."""

    type: Literal["gone"] = "gone"
    code: Literal["no_session", "frame_gap"]


class Superseded(Schema):
    """To the edge of a connection that another one has taken over from."""

    type: Literal["superseded"] = "superseded"


ShownMessage = Questions | Partial | FinalMessage | Summary | ReportMessage | Notice
"""What goes to the client as it is."""

ReplyMessage = Annotated[ShownMessage | Resumed | Gone | Superseded, Field(discriminator="type")]


class Reply(Event):
    """Sent to the partition of `replies` that the client's edge owns. `message` is null when there is nothing to show
    and only `heard_frames` (frames worked through, or null from stages that do not hear) is news."""

    type: Literal["reply"] = "reply"
    version: Literal[1] = 1
    session_id: str
    conn: str
    heard_frames: int | None
    message: ReplyMessage | None
