"""What the API answers, and to whom: every decision of the read side, without HTTP and without SQL."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from analytics.core.access import Reader, may_change_competition, may_read_competition, may_read_session
from analytics.core.answers import answers
from analytics.core.facts import Competition, PastSession, Progress, Session, Standing, StoredReport, Transcript
from analytics.core.windows import Window, window
from infra.clock import Clock
from infra.errors import RostrumError
from schemas.transcripts import Final

_PAST_SESSIONS = 200


class Refusal(RostrumError):
    """An answer other than the one asked for. `code` is snake_case, for programs."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.code = code


class NotSignedIn(Refusal):
    """Without knowing who asks, there is no answer."""


class NotAllowed(Refusal):
    """This person may not."""


class NotFound(Refusal):
    """There is no such thing, or not yet."""


class NoReport(Refusal):
    """The report was tried and could not be made; `message` is the reason."""


class Facts(Protocol):
    """What was stored. All methods raise Unavailable."""

    async def competitions(self) -> Sequence[Competition]: ...
    async def competition(self, competition_id: str) -> Competition | None: ...
    async def put_competition(self, competition: Competition, at_ms: int) -> None: ...
    async def leaderboard(self, competition_id: str, window: Window, limit: int) -> Sequence[Standing]: ...
    async def session(self, session_id: str) -> Session | None: ...
    async def finals(self, session_id: str) -> Sequence[Final]: ...
    async def report(self, session_id: str) -> StoredReport | None: ...
    async def sessions_of(self, user_id: str, limit: int) -> Sequence[PastSession]: ...
    async def erase(self, user_id: str) -> None: ...


class Reading:
    """`public`: leaderboards may be read by anybody. `tell_ids`: also by anybody with the users' ids in them."""

    def __init__(self, facts: Facts, clock: Clock, *, public: bool, tell_ids: bool) -> None:
        self._facts = facts
        self._clock = clock
        self._public = public
        self._tell_ids = tell_ids

    async def competitions(self, reader: Reader | None) -> list[Competition]:
        if reader is None and not self._public:
            raise _not_signed_in()
        return [
            one for one in await self._facts.competitions() if may_read_competition(reader, one, public=self._public)
        ]

    async def put_competition(self, reader: Reader, competition: Competition) -> Competition:
        """The competition as it is from now on; it belongs to the admin's school."""
        if not may_change_competition(reader, await self._facts.competition(competition.id)):
            raise NotAllowed(
                "not_admin", "Only an admin may set up a competition.", "Ask for a token with the role `admin`."
            )
        changed = competition.model_copy(update={"org": reader.org})
        await self._facts.put_competition(changed, self._clock.now_ms())
        return changed

    async def leaderboard(
        self, reader: Reader | None, competition_id: str, day: date | None, limit: int
    ) -> tuple[Competition, list[Standing]]:
        if reader is None and not self._public:
            raise _not_signed_in()
        competition = await self._facts.competition(competition_id)
        if competition is None or not may_read_competition(reader, competition, public=self._public):
            raise NotFound(
                "no_such_competition",
                f"There is no competition {competition_id!r}.",
                "GET /api/competitions lists them; a new one appears when its first session starts.",
            )
        standings = await self._facts.leaderboard(competition_id, window(competition, day), limit)
        if reader is None and not self._tell_ids:
            standings = [standing.model_copy(update={"user_id": None}) for standing in standings]
        return competition, list(standings)

    async def transcript(self, reader: Reader, session_id: str) -> Transcript:
        session = await self._session(reader, session_id)
        finals = await self._facts.finals(session_id)
        report = await self._facts.report(session_id)
        return Transcript(
            state="ended" if session.ended_by else "running",
            report="pending" if report is None else "ready" if report.report else "failed",
            session=session,
            answers=answers(finals, session.questions),
        )

    async def report(self, reader: Reader, session_id: str) -> StoredReport | None:
        """None while the session runs or its report is still to come."""
        await self._session(reader, session_id)
        report = await self._facts.report(session_id)
        if report and not report.report:
            raise NoReport(
                "report_failed",
                report.error or "The report could not be made.",
                "The transcript is at GET /api/sessions/{id}; a new analysis may bring a report.",
            )
        return report

    async def progress(self, reader: Reader) -> Progress:
        sessions = await self._facts.sessions_of(reader.user_id, _PAST_SESSIONS)
        return Progress(
            user_id=reader.user_id,
            words=sum(session.words for session in sessions),
            speech_ms=sum(session.speech_ms for session in sessions),
            sessions=tuple(sessions),
        )

    async def erase(self, reader: Reader) -> None:
        await self._facts.erase(reader.user_id)

    async def _session(self, reader: Reader, session_id: str) -> Session:
        session = await self._facts.session(session_id)
        if session is None:
            raise NotFound(
                "no_such_session",
                "There is no such session.",
                "A session appears within a second of its start; check the id.",
            )
        if not may_read_session(reader, session):
            raise NotAllowed(
                "not_your_session",
                "This session belongs to somebody else.",
                "Its owner may read it, and in the same school a teacher of one of its classes or an admin.",
            )
        return session


def _not_signed_in() -> NotSignedIn:
    return NotSignedIn("not_signed_in", "Leaderboards are not public here.", "Send a token: `Authorization: Bearer …`.")
