"""Errors, classed by what the loop that meets them does next."""


class RostrumError(Exception):
    """Something a person can mend: what is wrong, and how to mend it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


class SettingsError(RostrumError):
    """A setting is missing or wrong. The process stops and is not started again."""


class Unavailable(RostrumError):
    """Something this stage needs does not answer. Trying again later may help: not before `retry_after_s` seconds, if
    it said so itself."""

    def __init__(self, message: str, hint: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class Unprocessable(RostrumError):
    """This message can never be handled. It goes to the dead letters, and the next one is taken."""
