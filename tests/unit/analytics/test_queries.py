"""The API's queries, and who may make them."""

from datetime import date

import pytest

from analytics.core.access import Principal
from analytics.core.read_models import Competition, LeaderboardEntry, StoredReport
from analytics.errors import Forbidden, NotFound, ReportFailed, Unauthenticated
from analytics.queries import Queries
from tests.support.analytics.events import final, report
from tests.support.analytics.fake_fact_store import FakeFactStore, session

ANN = Principal("ann", "north", ("7a",), frozenset())
EVE = Principal("eve", "north", (), frozenset())
ADMIN = Principal("root", "north", (), frozenset({"admin"}))


class FixedClock:
    def now_ms(self) -> int:
        return 1_000

    def monotonic_ms(self) -> int:
        return 0


def queries(store: FakeFactStore, *, public: bool = True, show_user_ids: bool = False) -> Queries:
    return Queries(store, FixedClock(), public=public, show_user_ids=show_user_ids)


def ready(session_id: str = "s1") -> StoredReport:
    return StoredReport(session_id=session_id, analysis_version=1, report=report(), error=None)


async def test_a_transcript_has_the_state_of_the_session_and_of_its_report() -> None:
    store = FakeFactStore(sessions={"s1": session(ended_by=None)}, said={"s1": [final(1, "he go")]})
    running = await queries(store).transcript(ANN, "s1")
    assert (running.state, running.report, running.answers[0].text) == ("running", "pending", "he go")
    store.sessions["s1"] = session()
    store.reports["s1"] = ready()
    ended = await queries(store).transcript(ANN, "s1")
    assert (ended.state, ended.report) == ("ended", "ready")


async def test_a_report_is_pending_ready_or_failed() -> None:
    store = FakeFactStore(sessions={"s1": session()})
    assert await queries(store).report(ANN, "s1") is None
    store.reports["s1"] = ready()
    found = await queries(store).report(ANN, "s1")
    assert found is not None
    store.reports["s1"] = StoredReport(session_id="s1", analysis_version=1, report=None, error="No words were said.")
    with pytest.raises(ReportFailed, match=r"No words were said\."):
        await queries(store).report(ANN, "s1")


async def test_sessions_of_other_users_are_forbidden_and_unknown_ones_not_found() -> None:
    store = FakeFactStore(sessions={"s1": session()})
    with pytest.raises(Forbidden):
        await queries(store).transcript(EVE, "s1")
    with pytest.raises(Forbidden):
        await queries(store).report(EVE, "s1")
    with pytest.raises(NotFound):
        await queries(store).report(EVE, "s2")


async def test_user_ids_are_shown_to_signed_in_users() -> None:
    line = LeaderboardEntry(rank=1, user_id="ann", display_name="Ann", words=5, sessions=1)
    store = FakeFactStore(known={"cup": Competition(id="cup", name="cup")}, entries=[line])
    for principal, show, expected in ((None, False, None), (EVE, False, "ann"), (None, True, "ann")):
        _, entries = await queries(store, show_user_ids=show).leaderboard(principal, "cup", None, 5)
        assert entries[0].user_id == expected


async def test_leaderboards_that_are_not_public_need_a_token() -> None:
    store = FakeFactStore(known={"cup": Competition(id="cup", name="cup", org="south")})
    closed = queries(store, public=False)
    with pytest.raises(Unauthenticated):
        await closed.leaderboard(None, "cup", None, 5)
    with pytest.raises(Unauthenticated):
        await closed.competitions(None)
    with pytest.raises(NotFound):
        await closed.leaderboard(EVE, "cup", None, 5)
    assert await closed.competitions(EVE) == []


async def test_a_day_is_queried_as_its_hours() -> None:
    store = FakeFactStore(known={"cup": Competition(id="cup", name="cup")})
    await queries(store).leaderboard(None, "cup", date(1970, 1, 2), 5)
    ((_, hours, limit),) = store.asked
    assert (hours.from_s, hours.until_s, limit) == (86_400, 172_800, 5)


async def test_a_competition_belongs_to_its_admins_school() -> None:
    store = FakeFactStore()
    wanted = Competition(id="cup", name="The Cup", org="elsewhere")
    with pytest.raises(Forbidden):
        await queries(store).put_competition(EVE, wanted)
    assert (await queries(store).put_competition(ADMIN, wanted)).org == "north"
    assert store.put_at_ms == [1_000]


async def test_progress_and_erasure_are_limited_to_the_users_own_data() -> None:
    store = FakeFactStore(sessions={"s1": session(), "s2": session("s2"), "s3": session("s3", "bob")})
    progress = await queries(store).progress(ANN)
    assert (progress.words, len(progress.sessions)) == (10, 2)
    await queries(store).erase(ANN)
    assert store.erased == ["ann"]
