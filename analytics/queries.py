"""The API's queries: every decision of the read side, without HTTP and SQL."""

from datetime import date

from analytics.core.access import Principal, may_change_competition, may_read_competition, may_read_session
from analytics.core.answers import group_finals
from analytics.core.read_models import (
    Competition,
    LeaderboardEntry,
    StoredReport,
    StoredSession,
    Transcript,
    UserProgress,
)
from analytics.core.time_ranges import counted_hours
from analytics.errors import Forbidden, NotFound, ReportFailed, Unauthenticated
from analytics.ports import FactStore
from infra.clock import Clock

_PAST_SESSIONS = 200


class Queries:
    """`public`: leaderboards may be read without a token. `show_user_ids`: readers without a token see user ids."""

    def __init__(self, store: FactStore, clock: Clock, *, public: bool, show_user_ids: bool) -> None:
        self._store = store
        self._clock = clock
        self._public = public
        self._show_user_ids = show_user_ids

    async def competitions(self, principal: Principal | None) -> list[Competition]:
        if principal is None and not self._public:
            raise _not_signed_in()
        return [
            one for one in await self._store.competitions() if may_read_competition(principal, one, public=self._public)
        ]

    async def put_competition(self, principal: Principal, competition: Competition) -> Competition:
        """The competition as stored. It belongs to the admin's school."""
        if not may_change_competition(principal, await self._store.competition(competition.id)):
            raise Forbidden(
                "not_admin", "Only an admin may set up a competition.", "Ask for a token with the role `admin`."
            )
        changed = competition.model_copy(update={"org": principal.org})
        await self._store.put_competition(changed, self._clock.now_ms())
        return changed

    async def leaderboard(
        self, principal: Principal | None, competition_id: str, day: date | None, limit: int
    ) -> tuple[Competition, list[LeaderboardEntry]]:
        if principal is None and not self._public:
            raise _not_signed_in()
        competition = await self._store.competition(competition_id)
        if competition is None or not may_read_competition(principal, competition, public=self._public):
            raise NotFound(
                "no_such_competition",
                f"There is no competition {competition_id!r}.",
                "GET /api/competitions lists them; a new one appears when its first session starts.",
            )
        entries = await self._store.leaderboard(competition_id, counted_hours(competition, day), limit)
        if principal is None and not self._show_user_ids:
            entries = [entry.model_copy(update={"user_id": None}) for entry in entries]
        return competition, list(entries)

    async def transcript(self, principal: Principal, session_id: str) -> Transcript:
        session = await self._session(principal, session_id)
        finals = await self._store.finals(session_id)
        report = await self._store.report(session_id)
        return Transcript(
            state="ended" if session.ended_by else "running",
            report="pending" if report is None else "ready" if report.report else "failed",
            session=session,
            answers=group_finals(finals, session.questions),
        )

    async def report(self, principal: Principal, session_id: str) -> StoredReport | None:
        """None while the session is running or its report is being made."""
        await self._session(principal, session_id)
        report = await self._store.report(session_id)
        if report and not report.report:
            raise ReportFailed(
                "report_failed",
                report.error or "The report could not be made.",
                "The transcript is at GET /api/sessions/{id}; a new analysis may produce a report.",
            )
        return report

    async def progress(self, principal: Principal) -> UserProgress:
        sessions = await self._store.sessions_of(principal.user_id, _PAST_SESSIONS)
        return UserProgress(
            user_id=principal.user_id,
            words=sum(session.words for session in sessions),
            speech_ms=sum(session.speech_ms for session in sessions),
            sessions=tuple(sessions),
        )

    async def erase(self, principal: Principal) -> None:
        await self._store.erase(principal.user_id)

    async def _session(self, principal: Principal, session_id: str) -> StoredSession:
        session = await self._store.session(session_id)
        if session is None:
            raise NotFound(
                "no_such_session",
                "There is no such session.",
                "A session appears within a second of its start; check the id.",
            )
        if not may_read_session(principal, session):
            raise Forbidden(
                "not_your_session",
                "This session belongs to another user.",
                "It may be read by its owner, and in the same school by a teacher of one of its classes or an admin.",
            )
        return session


def _not_signed_in() -> Unauthenticated:
    return Unauthenticated(
        "not_signed_in", "Leaderboards are not public here.", "Send a token: `Authorization: Bearer …`."
    )
