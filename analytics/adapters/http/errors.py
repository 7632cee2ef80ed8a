"""Errors as JSON: what is wrong, for programs and for people, and how to mend it."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from analytics.reading import NoReport, NotAllowed, NotFound, NotSignedIn
from infra.errors import Unavailable
from infra.identity import ProviderUnavailable, TokenRefused
from infra.telemetry import get_logger
from schemas.base import Schema

_REFUSALS = {NotSignedIn: 401, NotAllowed: 403, NotFound: 404, NoReport: 410}


class ErrorBody(Schema):
    code: str
    message: str
    hint: str


RESPONSES: dict[int | str, dict[str, object]] = {"4XX": {"model": ErrorBody}, "5XX": {"model": ErrorBody}}
"""For the description of every route."""


def _answer(status: int, code: str, message: str, hint: str, headers: dict[str, str] | None = None) -> JSONResponse:
    if status == 401:
        headers = {**(headers or {}), "WWW-Authenticate": "Bearer"}
    body = ErrorBody(code=code, message=message, hint=hint).model_dump()
    return JSONResponse(body, status_code=status, headers=headers)


def handle_errors(app: FastAPI) -> None:
    @app.exception_handler(NotSignedIn)
    @app.exception_handler(NotAllowed)
    @app.exception_handler(NotFound)
    @app.exception_handler(NoReport)
    async def refused(_request: Request, error: NotSignedIn | NotAllowed | NotFound | NoReport) -> JSONResponse:
        return _answer(_REFUSALS[type(error)], error.code, error.message, error.hint)

    @app.exception_handler(TokenRefused)
    async def token_refused(_request: Request, error: TokenRefused) -> JSONResponse:
        return _answer(401, f"token_{error.reason}", error.message, error.hint)

    @app.exception_handler(Unavailable)
    async def unavailable(_request: Request, error: Unavailable) -> JSONResponse:
        # The reason is for the operator: it may name hosts.
        get_logger("http").warning("storage unavailable", reason=error.message)
        message = "The storage does not answer now."
        return _answer(503, "storage_unavailable", message, "Try again in a few seconds.", {"Retry-After": "5"})

    @app.exception_handler(ProviderUnavailable)
    async def login_unavailable(_request: Request, error: ProviderUnavailable) -> JSONResponse:
        get_logger("http").warning("token not checked", reason=error.message)
        message = "Whoever issues tokens does not answer now, so yours cannot be checked."
        return _answer(503, "login_unavailable", message, "Try again in a few seconds.", {"Retry-After": "5"})

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [f"{'.'.join(map(str, fault['loc'][1:])) or 'body'}: {fault['msg']}" for fault in error.errors()]
        return _answer(422, "bad_request", "; ".join(faults), "GET /docs says what each route takes.")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:
            return _answer(404, "no_such_page", f"There is nothing at {request.url.path}.", "GET /docs lists what is.")
        code = "method_not_allowed" if error.status_code == 405 else "bad_request"
        headers = dict(error.headers) if error.headers else None
        return _answer(error.status_code, code, str(error.detail), "GET /docs lists what is.", headers)

    @app.exception_handler(Exception)
    async def broken(_request: Request, _error: Exception) -> JSONResponse:
        # The server logs the error itself.
        return _answer(500, "internal", "Something is broken here.", "The server's log says more.")
