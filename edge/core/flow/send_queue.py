"""Messages that wait to be written to a client's socket."""

from schemas.wire import Ack, FinalMessage, Partial, ServerMessage

MAX_MESSAGES = 8192
"""More than the finals of the longest session, which a client that resumes without any of them gets at once."""
MAX_BYTES = 4 * 1024 * 1024
_SUPERSEDED = (Ack, Partial)
"""Superseded by the next message of the same type."""


class SendQueue:
    """A bounded queue. Of the messages that a later one supersedes (`ack`, `partial`) only the newest waits, so a slow
    client loses those first, and never a final. When nothing more can be dropped, `push` fails."""

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: dict[int, bytes] = {}  # in the order of their numbers
        self._newest: dict[type[ServerMessage], int] = {}
        self._next = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, message: ServerMessage, unsent_bytes: int = 0) -> bool:
        """False if there is no room for the message, which is then dropped. `unsent_bytes`: what has left this queue
        and waits in the socket's buffer. A message of any size fits if nothing waits before it."""
        if isinstance(message, _SUPERSEDED):
            self._drop(type(message))
        if isinstance(message, FinalMessage):
            self._drop(Partial)  # Its words are in the final now.
        text = message.encode()
        waiting_bytes = self.bytes + unsent_bytes
        if waiting_bytes and (len(self) >= self._max_messages or waiting_bytes + len(text) > self._max_bytes):
            return False
        self._waiting[self._next] = text
        self._newest[type(message)] = self._next
        self._next += 1
        self.bytes += len(text)
        return True

    def pop(self) -> bytes | None:
        """The oldest message, as UTF-8 text; None if the queue is empty."""
        if not self._waiting:
            return None
        text = self._waiting.pop(next(iter(self._waiting)))
        self.bytes -= len(text)
        return text

    def clear(self) -> None:
        self._waiting.clear()
        self.bytes = 0

    def _drop(self, kind: type[ServerMessage]) -> None:
        dropped = self._waiting.pop(self._newest.get(kind, -1), None)
        if dropped is not None:
            self.bytes -= len(dropped)
