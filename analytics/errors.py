"""The errors that the API answers with."""

from infra.errors import RostrumError


class ApiError(RostrumError):
    """Base of these errors. `code` is snake_case, for programs."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.code = code


class Unauthenticated(ApiError):
    """The request needs a token."""


class Forbidden(ApiError):
    """The principal may not do this."""


class NotFound(ApiError):
    """It does not exist, or not yet."""


class ReportFailed(ApiError):
    """The report could not be made; `message` is the reason."""
