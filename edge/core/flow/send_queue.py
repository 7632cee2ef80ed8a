"""What waits to be written to a client's socket."""

from schemas.wire import Ack, FinalMessage, Partial, ServerMessage

# More than the finals of the longest session, which a client that comes back without any of them gets at once.
MAX_MESSAGES = 8192
MAX_BYTES = 4 * 1024 * 1024
_OUTDATED = (Ack, Partial)
"""By the next of their kind."""


class Outbox:
    """A bounded queue. Of the messages that a later one outdates (`ack`, `partial`) only the newest waits: so a slow
    reader loses those first, and never a final. When nothing can be left out any more, the queue says so."""

    def __init__(self, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: dict[int, bytes] = {}  # in the order of their numbers
        self._newest: dict[type[ServerMessage], int] = {}
        self._next = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def push(self, message: ServerMessage, beyond_bytes: int = 0) -> bool:
        """False if there is no room for this message, which is then left out. `beyond_bytes`: what left this queue and
        waits on its further way. Any message fits if none waits before it."""
        if isinstance(message, _OUTDATED):
            self._drop(type(message))
        if isinstance(message, FinalMessage):
            self._drop(Partial)  # Its words are in the final now.
        text = message.encode()
        waiting_bytes = self.bytes + beyond_bytes
        if waiting_bytes and (len(self) >= self._max_messages or waiting_bytes + len(text) > self._max_bytes):
            return False
        self._waiting[self._next] = text
        self._newest[type(message)] = self._next
        self._next += 1
        self.bytes += len(text)
        return True

    def pop(self) -> bytes | None:
        """The text of the message that has waited longest, in UTF-8; None if none waits."""
        if not self._waiting:
            return None
        text = self._waiting.pop(next(iter(self._waiting)))
        self.bytes -= len(text)
        return text

    def clear(self) -> None:
        self._waiting.clear()
        self.bytes = 0

    def _drop(self, kind: type[ServerMessage]) -> None:
        outdated = self._waiting.pop(self._newest.get(kind, -1), None)
        if outdated is not None:
            self.bytes -= len(outdated)
