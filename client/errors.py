"""What can go wrong in a session. Each error says what is wrong (`message`) and what to do about it (`hint`)."""

from infra.errors import RostrumError


class SessionRefused(RostrumError):
    """The server rejected the token, the start or the resume."""

    def __init__(self, code: str, message: str, hint: str, retry_after_ms: int | None = None) -> None:
        super().__init__(message, hint)
        self.code = code
        """The `code` of the server's error; `closed_` and the close code where it sent none."""
        self.retry_after_ms = retry_after_ms
        """Another attempt may succeed after this time; None if it will not."""


class SessionClosed(RostrumError):
    """The session ended before it was done: the server closed it for good, or it could not be resumed."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.code = code
        """The `code` of the server's error; `closed_` and the close code where it sent none."""


class BufferFull(RostrumError):
    """The session keeps as much unacknowledged audio as it may. Nothing of this audio is sent."""
