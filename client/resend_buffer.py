"""What a client keeps so that its session can continue over another connection (docs/protocol.md, "Going on after a
lost connection"). No I/O: append what is to be sent, pass in what the server says, send what `next_unsent` gives."""

from collections import deque
from dataclasses import dataclass

from client.errors import BufferFull
from schemas.wire import Ack, BeginAnswer, End, FinalMessage, ServerMessage, Start, Started

Outgoing = bytes | BeginAnswer | End
"""What a client sends after `started`: audio in the announced format, or one of these messages."""


@dataclass(frozen=True, slots=True)
class _Entry:
    begin: int
    """Bytes of audio from the session's first to this entry's beginning."""
    end: int
    """The same to its end; equal to `begin` for what is not audio."""
    item: Outgoing


class ResendBuffer:
    """One session's unacknowledged audio, with the messages between it. What is appended while there is no connection
    waits for the next one. At most `max_bytes` of audio are kept; None: any number."""

    def __init__(self, max_bytes: int | None = None) -> None:
        self.resume_token: str | None = None
        self.frames_acked = 0
        self.finals_received = 0
        """The number of the newest final."""
        self._max_bytes = max_bytes
        self._frame_bytes = 0
        self._appended_bytes = 0
        self._entries: deque[_Entry] = deque()
        self._sent = 0
        """How many entries were sent over this connection."""
        self._connected = False

    @property
    def appended_bytes(self) -> int:
        """All audio of the session so far."""
        return self._appended_bytes

    @property
    def unacked_bytes(self) -> int:
        """Audio that would be sent again."""
        return self._appended_bytes - self._entries[0].begin if self._entries else 0

    @property
    def frames_unacked(self) -> int:
        """Frames that the server should acknowledge: whole ones, and after the end a last, shorter one."""
        if not self._frame_bytes:
            return 0
        ended = bool(self._entries) and isinstance(self._entries[-1].item, End)
        whole, rest = divmod(self._appended_bytes, self._frame_bytes)
        return max(0, whole + (ended and rest > 0) - self.frames_acked)

    def start_message(self, start: Start) -> Start:
        """How to begin a connection: with this `start`, or with a resume of the session in the same audio format."""
        self._connected = False
        if self.resume_token is None:
            return start
        return Start(
            resume=self.resume_token,
            from_frame=self.frames_acked,
            have_final=self.finals_received,
            audio=start.audio,
        )

    def append(self, item: Outgoing) -> None:
        """Raises BufferFull if it is audio for which there is no room."""
        begin = self._appended_bytes
        if isinstance(item, bytes):
            self.check_room(len(item))
            self._appended_bytes += len(item)
        self._entries.append(_Entry(begin, self._appended_bytes, item))

    def check_room(self, audio_bytes: int) -> None:
        """Raises BufferFull if so much more audio may not be appended."""
        if self._max_bytes is not None and self.unacked_bytes + audio_bytes > self._max_bytes:
            raise BufferFull(
                f"{self.unacked_bytes} bytes of audio wait for the server's acknowledgement, and no more are kept.",
                "Await `session.drain()` before sending more audio, or allow more with `buffer_s`.",
            )

    def next_unsent(self) -> Outgoing | None:
        """What is to be sent next over this connection; None if there is nothing, or no connection."""
        if not self._connected or self._sent == len(self._entries):
            return None
        self._sent += 1
        return self._entries[self._sent - 1].item

    def receive(self, message: ServerMessage | None) -> None:
        """Take in what a message of the server says of the session; most say nothing of it."""
        match message:
            case Started():
                self.started(message.resume_token, message.frame_bytes, message.next_frame)
            case Ack():
                self.acknowledge(message.frames)
            case FinalMessage():
                self.finals_received = max(self.finals_received, message.number)

    def started(self, resume_token: str, frame_bytes: int, next_frame: int) -> None:
        """A connection serves the session now; everything from `next_frame` on is to be sent over it."""
        self.resume_token = resume_token
        self._frame_bytes = frame_bytes
        self._connected, self._sent = True, 0
        self.acknowledge(next_frame)

    def acknowledge(self, frames: int) -> None:
        """So many frames are durably held. What lies before their end is never sent again, except for messages that
        stand exactly there; audio that crosses it is cut."""
        self.frames_acked = max(self.frames_acked, frames)
        held = self.frames_acked * self._frame_bytes
        while self._entries and self._entries[0].begin < held:
            entry = self._entries[0]
            if entry.end > held and isinstance(entry.item, bytes):
                self._entries[0] = _Entry(held, entry.end, entry.item[held - entry.begin :])
                return
            if isinstance(entry.item, End):
                return  # A last, shorter frame counts as a whole one; the end itself is covered by no ack.
            self._entries.popleft()
            self._sent = max(0, self._sent - 1)
