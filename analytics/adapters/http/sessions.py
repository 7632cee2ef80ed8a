"""Sessions and their reports, and what a user may do with their own."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Response

from analytics.adapters.http.errors import RESPONSES
from analytics.adapters.http.signed_in import SignedIn
from analytics.core.access import Reader
from analytics.core.facts import Progress, Transcript
from analytics.core.report_page import STYLE_HASH, page
from analytics.core.report_text import markdown
from analytics.reading import Reading
from schemas.base import Schema
from schemas.reports import Report

_Id = Annotated[str, Path(min_length=1, max_length=100)]
_Form = Literal["json", "markdown", "html"]
_PAGE_POLICY = (
    f"default-src 'none'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class ReportAnswer(Schema):
    """`pending` comes with status 202 and no report: ask again later."""

    session_id: str
    status: Literal["ready", "pending"]
    analysis_version: int | None = None
    report: Report | None = None


class Erased(Schema):
    user_id: str
    message: str


def form_of(accept: str) -> _Form:
    """The first of our forms that an Accept header names; JSON for whoever takes anything."""
    forms: dict[str, _Form] = {"application/json": "json", "text/markdown": "markdown", "text/html": "html"}
    named = (part.split(";")[0].strip().lower() for part in accept.split(","))
    return next((forms[name] for name in named if name in forms), "json")


def session_routes(reading: Reading, signed_in: SignedIn) -> APIRouter:
    routes = APIRouter(prefix="/api", responses=RESPONSES)

    @routes.get("/sessions/{session_id}", tags=["sessions"], summary="A session and what was said in it")
    async def transcript(session_id: _Id, reader: Annotated[Reader, Depends(signed_in.reader)]) -> Transcript:
        return await reading.transcript(reader, session_id)

    @routes.get(
        "/sessions/{session_id}/report",
        tags=["sessions"],
        summary="A session's report",
        responses={
            200: {"content": {"text/markdown": {}, "text/html": {}}},
            202: {"model": ReportAnswer, "description": "Still to come"},
        },
        response_model=ReportAnswer,
    )
    async def report(
        session_id: _Id,
        reader: Annotated[Reader, Depends(signed_in.reader)],
        response: Response,
        form: Annotated[
            _Form | None, Query(alias="format", description="html is a page to print; without it, by `Accept`")
        ] = None,
        accept: Annotated[str, Header(include_in_schema=False)] = "",
    ) -> ReportAnswer | Response:
        found = await reading.report(reader, session_id)
        if found is None:
            response.status_code = 202
            response.headers["Retry-After"] = "2"
            return ReportAnswer(session_id=session_id, status="pending")
        wanted = form or form_of(accept)
        if found.report and wanted == "markdown":
            return Response(markdown(found.report), media_type="text/markdown; charset=utf-8")
        if found.report and wanted == "html":
            headers = {"Content-Security-Policy": _PAGE_POLICY}
            return Response(page(found.report), media_type="text/html; charset=utf-8", headers=headers)
        return ReportAnswer(
            session_id=session_id, status="ready", analysis_version=found.analysis_version, report=found.report
        )

    @routes.get("/users/me/progress", tags=["users"], summary="One's own sessions, newest first")
    async def progress(reader: Annotated[Reader, Depends(signed_in.reader)]) -> Progress:
        return await reading.progress(reader)

    @routes.delete("/users/me", tags=["users"], summary="Erase all that is stored about oneself")
    async def erase(reader: Annotated[Reader, Depends(signed_in.reader)]) -> Erased:
        await reading.erase(reader)
        return Erased(
            user_id=reader.user_id,
            message="All your rows are erased. Kafka's topics keep their records until these are too old; "
            "docs/analytics.md says how long that is.",
        )

    return routes
