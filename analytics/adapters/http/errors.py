"""Errors as JSON: a code for programs, a message for people, and a hint on what to do."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from analytics.errors import ApiError, Forbidden, NotFound, ReportFailed, Unauthenticated
from infra.errors import Unavailable
from infra.identity import ProviderUnavailable, TokenRefused
from infra.telemetry import get_logger
from schemas.base import Schema

_STATUSES = {Unauthenticated: 401, Forbidden: 403, NotFound: 404, ReportFailed: 410}


class ErrorBody(Schema):
    code: str
    message: str
    hint: str


RESPONSES: dict[int | str, dict[str, object]] = {"4XX": {"model": ErrorBody}, "5XX": {"model": ErrorBody}}
"""For the OpenAPI description of every route."""


def _error_response(
    status: int, code: str, message: str, hint: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    if status == 401:
        headers = {**(headers or {}), "WWW-Authenticate": "Bearer"}
    body = ErrorBody(code=code, message=message, hint=hint).model_dump()
    return JSONResponse(body, status_code=status, headers=headers)


def handle_errors(app: FastAPI) -> None:
    @app.exception_handler(ApiError)
    async def api_error(_request: Request, error: ApiError) -> JSONResponse:
        return _error_response(_STATUSES[type(error)], error.code, error.message, error.hint)

    @app.exception_handler(TokenRefused)
    async def token_refused(_request: Request, error: TokenRefused) -> JSONResponse:
        return _error_response(401, f"token_{error.reason}", error.message, error.hint)

    @app.exception_handler(Unavailable)
    async def unavailable(_request: Request, error: Unavailable) -> JSONResponse:
        # The reason is only for the operator, since it may name hosts.
        get_logger("http").warning("storage unavailable", reason=error.message)
        message = "The storage is not available."
        return _error_response(503, "storage_unavailable", message, "Try again in a few seconds.", {"Retry-After": "5"})

    @app.exception_handler(ProviderUnavailable)
    async def login_unavailable(_request: Request, error: ProviderUnavailable) -> JSONResponse:
        get_logger("http").warning("token not verified", reason=error.message)
        message = "The identity provider is not available, so your token cannot be verified."
        return _error_response(503, "login_unavailable", message, "Try again in a few seconds.", {"Retry-After": "5"})

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [f"{'.'.join(map(str, fault['loc'][1:])) or 'body'}: {fault['msg']}" for fault in error.errors()]
        return _error_response(422, "bad_request", "; ".join(faults), "GET /docs describes each route.")

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:
            return _error_response(
                404, "no_such_page", f"There is nothing at {request.url.path}.", "GET /docs lists all routes."
            )
        code = "method_not_allowed" if error.status_code == 405 else "bad_request"
        headers = dict(error.headers) if error.headers else None
        return _error_response(error.status_code, code, str(error.detail), "GET /docs lists all routes.", headers)

    @app.exception_handler(Exception)
    async def broken(_request: Request, _error: Exception) -> JSONResponse:
        # Starlette logs the exception.
        return _error_response(500, "internal", "The request failed on the server.", "The server's log says why.")
