"""Sessions and their reports; a user's progress, and erasure of a user's data."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from analytics.adapters.http.auth import Authentication
from analytics.adapters.http.errors import RESPONSES
from analytics.adapters.http.report_page import REPORT_PAGE_POLICY, report_page
from analytics.core.access import Principal
from analytics.core.read_models import Transcript, UserProgress
from analytics.core.report_text import report_markdown
from analytics.queries import Queries
from schemas.base import Schema
from schemas.reports import Report

_Id = Annotated[str, Path(min_length=1, max_length=100)]
_Format = Literal["json", "markdown", "html"]


class ReportResponse(Schema):
    session_id: str
    status: Literal["ready", "pending"]
    """`pending` comes with HTTP status 202 and without a report: try again later."""
    analysis_version: int | None = None
    report: Report | None = None


class ErasureResponse(Schema):
    user_id: str
    message: str


def negotiate_format(accept: str) -> _Format:
    """The first supported format that an Accept header names, or JSON."""
    formats: dict[str, _Format] = {"application/json": "json", "text/markdown": "markdown", "text/html": "html"}
    named = (part.split(";")[0].strip().lower() for part in accept.split(","))
    return next((formats[name] for name in named if name in formats), "json")


def session_routes(queries: Queries, auth: Authentication) -> APIRouter:
    routes = APIRouter(prefix="/api", responses=RESPONSES)

    @routes.get("/sessions/{session_id}", tags=["sessions"], summary="A session and its transcript")
    async def transcript(session_id: _Id, principal: Annotated[Principal, Depends(auth.required)]) -> Transcript:
        return await queries.transcript(principal, session_id)

    @routes.get(
        "/sessions/{session_id}/report",
        tags=["sessions"],
        summary="A session's report",
        responses={
            200: {"content": {"text/markdown": {}, "text/html": {}}},
            202: {"model": ReportResponse, "description": "The report is not ready yet"},
        },
        response_model=ReportResponse,
    )
    async def report(
        session_id: _Id,
        principal: Annotated[Principal, Depends(auth.required)],
        response: Response,
        format_: Annotated[
            _Format | None, Query(alias="format", description="html: a page to print; default: by the `Accept` header")
        ] = None,
        accept: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> ReportResponse | Response:
        found = await queries.report(principal, session_id)
        if found is None:
            response.status_code = 202
            response.headers["Retry-After"] = "2"
            return ReportResponse(session_id=session_id, status="pending")
        wanted = format_ or negotiate_format(accept)
        if found.report and wanted == "markdown":
            return Response(report_markdown(found.report), media_type="text/markdown; charset=utf-8")
        if found.report and wanted == "html":
            headers = {"Content-Security-Policy": REPORT_PAGE_POLICY}
            return Response(report_page(found.report), media_type="text/html; charset=utf-8", headers=headers)
        return ReportResponse(
            session_id=session_id, status="ready", analysis_version=found.analysis_version, report=found.report
        )

    @routes.get("/users/me/progress", tags=["users"], summary="The user's own sessions, newest first")
    async def progress(principal: Annotated[Principal, Depends(auth.required)]) -> UserProgress:
        return await queries.progress(principal)

    @routes.delete("/users/me", tags=["users"], summary="Erase everything stored about the user")
    async def erase(principal: Annotated[Principal, Depends(auth.required)]) -> ErasureResponse:
        await queries.erase(principal)
        return ErasureResponse(
            user_id=principal.user_id,
            message="All your rows are erased. Kafka's topics keep their records until their retention ends; "
            "docs/analytics.md says how long that is.",
        )

    return routes
