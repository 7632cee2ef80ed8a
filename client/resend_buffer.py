"""What a client remembers so that it can go on over another connection (docs/protocol.md, "What holds"). No I/O: say
here what the speaker says, show it what the server says, send what it gives out."""

from collections import deque
from dataclasses import dataclass

from schemas.wire import Ack, BeginAnswer, End, FinalMessage, ServerMessage, Start, Started

Saying = bytes | BeginAnswer | End
"""Something that a client sends after `started`: audio in the announced format, or one of these messages."""

CUT = 1006
"""What a client's own side calls a connection that ended without a close."""
LOST = (1001, CUT, 1011, 1012, 1013)
"""Close codes after which a session can be gone on with over another connection (RFC 6455, section 7.4.1)."""
_FIRST_PAUSE_MS = 250
_LONGEST_PAUSE_MS = 8000


def worth_a_return(close_code: int | None) -> bool:
    """Whether a connection closed like this may be followed by another one. None: it was never had. The other codes
    mean that the session is over, or that the server will not have this client."""
    return close_code is None or close_code in LOST


def pause_ms(tries: int, retry_after_ms: int | None) -> int:
    """How long to wait before the next try, after so many in a row that came to nothing: as long as the server asks
    for, else twice as long each time."""
    if retry_after_ms is not None:
        return retry_after_ms
    return min(_FIRST_PAUSE_MS << min(tries, 10), _LONGEST_PAUSE_MS) if tries else 0


@dataclass(frozen=True)
class _Said:
    """`begins` and `ends` are bytes of audio from the session's first; equal for what is no audio."""

    begins: int
    ends: int
    saying: Saying


class Memory:
    """One session's unacknowledged words. What is said while there is no connection waits for the next one."""

    def __init__(self) -> None:
        self.resume_token: str | None = None
        self.frames_acked = 0
        self.finals = 0
        self._frame_bytes = 0
        self._said_bytes = 0
        self._kept: deque[_Said] = deque()
        self._given = 0
        self._connected = False

    @property
    def unacked_bytes(self) -> int:
        """Audio that would be sent again."""
        return sum(said.ends - said.begins for said in self._kept)

    def opening(self, start: Start) -> Start:
        """What to begin a connection with: this `start`, or that the session goes on. Its audio is as it was."""
        self._connected = False
        if self.resume_token is None:
            return start
        return Start(resume=self.resume_token, from_frame=self.frames_acked, have_final=self.finals, audio=start.audio)

    def say(self, saying: Saying) -> None:
        """The speaker says this now."""
        begins = self._said_bytes
        if isinstance(saying, bytes):
            self._said_bytes += len(saying)
        self._kept.append(_Said(begins, self._said_bytes, saying))

    def take(self) -> Saying | None:
        """What is to be sent next over this connection; None if there is nothing, or no connection."""
        if not self._connected or self._given == len(self._kept):
            return None
        self._given += 1
        return self._kept[self._given - 1].saying

    def hear(self, message: ServerMessage | None) -> None:
        """The server says this."""
        match message:
            case Started():
                self.resume_token = message.resume_token
                self._frame_bytes = message.frame_bytes
                self._connected, self._given = True, 0
                self._forget(message.next_frame)
            case Ack():
                self._forget(message.frames)
            case FinalMessage():
                self.finals = max(self.finals, message.number)

    def _forget(self, frames: int) -> None:
        """So many frames are held: what lies before is never sent again, but for what began and ended where the next
        one begins. A message that lies across the border is cut."""
        self.frames_acked = max(self.frames_acked, frames)
        held = self.frames_acked * self._frame_bytes
        while self._kept and self._kept[0].begins < held:
            said = self._kept[0]
            if said.ends > held and isinstance(said.saying, bytes):
                self._kept[0] = _Said(held, said.ends, said.saying[held - said.begins :])
                return
            if isinstance(said.saying, End):
                return  # A last, shorter frame counts as a whole one; the end itself is covered by no ack.
            self._kept.popleft()
            self._given = max(0, self._given - 1)
