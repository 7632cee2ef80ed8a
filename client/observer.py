"""What happens in a session, told to a program as it happens."""

from client.connection import Received
from client.reconnect import Reconnecting
from client.recording import Recording
from client.resend_buffer import Outgoing


class SessionObserver:
    """Override what you want to know. The methods are called from the event loop and must not block."""

    def received(self, item: Received) -> None:
        """The server sent this: every message with its time, those of handshakes and of unknown types included."""

    def sent(self, item: Outgoing) -> None:
        """This goes to the server now; again after a resume if it was not acknowledged."""

    def reconnecting(self, event: Reconnecting) -> None:
        """There is no connection; another attempt follows."""

    def playing(self, recording: Recording, question: int | None) -> None:
        """A `Playback` begins this recording, as the answer to this question."""
