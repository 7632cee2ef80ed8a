"""What the API answers, and to whom."""

from datetime import date

import pytest

from analytics.core.access import Reader
from analytics.core.facts import Competition, Standing, StoredReport
from analytics.reading import NoReport, NotAllowed, NotFound, NotSignedIn, Reading
from tests.support.analytics.events import final, report
from tests.support.analytics.stored_facts import FakeFacts, session

ANN = Reader("ann", "north", ("7a",), frozenset())
EVE = Reader("eve", "north", (), frozenset())
ADMIN = Reader("root", "north", (), frozenset({"admin"}))


class FixedClock:
    def now_ms(self) -> int:
        return 1_000

    def monotonic_ms(self) -> int:
        return 0


def reading(facts: FakeFacts, *, public: bool = True, tell_ids: bool = False) -> Reading:
    return Reading(facts, FixedClock(), public=public, tell_ids=tell_ids)


def ready(session_id: str = "s1") -> StoredReport:
    return StoredReport(session_id=session_id, analysis_version=1, report=report(), error=None)


async def test_a_transcript_and_what_became_of_its_report() -> None:
    facts = FakeFacts(sessions={"s1": session(ended_by=None)}, said={"s1": [final(1, "he go")]})
    running = await reading(facts).transcript(ANN, "s1")
    assert (running.state, running.report, running.answers[0].text) == ("running", "pending", "he go")
    facts.sessions["s1"] = session()
    facts.reports["s1"] = ready()
    ended = await reading(facts).transcript(ANN, "s1")
    assert (ended.state, ended.report) == ("ended", "ready")


async def test_reports_pending_ready_and_failed() -> None:
    facts = FakeFacts(sessions={"s1": session()})
    assert await reading(facts).report(ANN, "s1") is None
    facts.reports["s1"] = ready()
    found = await reading(facts).report(ANN, "s1")
    assert found is not None
    facts.reports["s1"] = StoredReport(session_id="s1", analysis_version=1, report=None, error="No words were said.")
    with pytest.raises(NoReport, match=r"No words were said\."):
        await reading(facts).report(ANN, "s1")


async def test_sessions_of_others_and_of_nobody() -> None:
    facts = FakeFacts(sessions={"s1": session()})
    with pytest.raises(NotAllowed):
        await reading(facts).transcript(EVE, "s1")
    with pytest.raises(NotAllowed):
        await reading(facts).report(EVE, "s1")
    with pytest.raises(NotFound):
        await reading(facts).report(EVE, "s2")


async def test_leaderboards_tell_ids_to_those_who_are_signed_in() -> None:
    line = Standing(rank=1, user_id="ann", display_name="Ann", words=5, sessions=1)
    facts = FakeFacts(known={"cup": Competition(id="cup", name="cup")}, standings=[line])
    for reader, tell, expected in ((None, False, None), (EVE, False, "ann"), (None, True, "ann")):
        _, standings = await reading(facts, tell_ids=tell).leaderboard(reader, "cup", None, 5)
        assert standings[0].user_id == expected


async def test_leaderboards_that_are_not_public() -> None:
    facts = FakeFacts(known={"cup": Competition(id="cup", name="cup", org="south")})
    closed = reading(facts, public=False)
    with pytest.raises(NotSignedIn):
        await closed.leaderboard(None, "cup", None, 5)
    with pytest.raises(NotSignedIn):
        await closed.competitions(None)
    with pytest.raises(NotFound):
        await closed.leaderboard(EVE, "cup", None, 5)
    assert await closed.competitions(EVE) == []


async def test_a_day_becomes_hours() -> None:
    facts = FakeFacts(known={"cup": Competition(id="cup", name="cup")})
    await reading(facts).leaderboard(None, "cup", date(1970, 1, 2), 5)
    ((_, window, limit),) = facts.asked
    assert (window.from_s, window.until_s, limit) == (86_400, 172_800, 5)


async def test_a_competition_belongs_to_the_school_of_its_admin() -> None:
    facts = FakeFacts()
    wanted = Competition(id="cup", name="The Cup", org="elsewhere")
    with pytest.raises(NotAllowed):
        await reading(facts).put_competition(EVE, wanted)
    assert (await reading(facts).put_competition(ADMIN, wanted)).org == "north"
    assert facts.put_at_ms == [1_000]


async def test_progress_and_erasure_are_ones_own() -> None:
    facts = FakeFacts(sessions={"s1": session(), "s2": session("s2"), "s3": session("s3", "bob")})
    progress = await reading(facts).progress(ANN)
    assert (progress.words, len(progress.sessions)) == (10, 2)
    await reading(facts).erase(ANN)
    assert facts.erased == ["ann"]
