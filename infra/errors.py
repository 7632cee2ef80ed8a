"""Errors, classified by what the loop that catches them does next."""


class RostrumError(Exception):
    """An error that a person can fix: what is wrong, and how to fix it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class SettingsError(RostrumError):
    """A setting is missing or invalid. The process stops and is not restarted."""


class Unavailable(RostrumError):
    """A service that this stage needs does not answer. A retry may succeed."""

    retry_after_s: float | None
    """The earliest time for it, in seconds from now, if the service named one."""

    def __init__(self, message: str, hint: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class Unprocessable(RostrumError):
    """This message can never be handled. It is dead-lettered, and the next one is handled."""
