"""Sessions and their reports, and what a user may do with their own."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Response

from analytics.adapters.http.errors import RESPONSES
from analytics.adapters.http.signed_in import SignedIn
from analytics.core.access import Reader
from analytics.core.facts import Progress, Transcript
from analytics.reading import Reading
from schemas.base import Schema
from schemas.reports import Report

_Id = Annotated[str, Path(min_length=1, max_length=100)]


class ReportAnswer(Schema):
    """`pending` comes with status 202 and no report: ask again later."""

    session_id: str
    status: Literal["ready", "pending"]
    analysis_version: int | None = None
    report: Report | None = None


class Erased(Schema):
    user_id: str
    message: str


def session_routes(reading: Reading, signed_in: SignedIn) -> APIRouter:
    routes = APIRouter(prefix="/api", responses=RESPONSES)

    @routes.get("/sessions/{session_id}", tags=["sessions"], summary="A session and what was said in it")
    async def transcript(session_id: _Id, reader: Annotated[Reader, Depends(signed_in.reader)]) -> Transcript:
        return await reading.transcript(reader, session_id)

    @routes.get(
        "/sessions/{session_id}/report",
        tags=["sessions"],
        summary="A session's report",
        responses={202: {"model": ReportAnswer, "description": "Still to come"}},
    )
    async def report(
        session_id: _Id, reader: Annotated[Reader, Depends(signed_in.reader)], response: Response
    ) -> ReportAnswer:
        found = await reading.report(reader, session_id)
        if found is None:
            response.status_code = 202
            response.headers["Retry-After"] = "2"
            return ReportAnswer(session_id=session_id, status="pending")
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
