"""How many sessions a user may have."""

from edge.core.admission.session_quota import SessionQuota
from edge.core.effects import Admit, ResumeClaims
from edge.core.events import QuotaExceeded
from schemas.wire import AudioFormat

ADMITTED = None


def started(user: str, competition: str | None, session: str, quota: int | None) -> Admit:
    return Admit(ResumeClaims(session, user, competition, AudioFormat()), quota)


def test_the_quota_holds_until_a_session_is_over() -> None:
    quotas = SessionQuota()
    for conn in ("a", "b"):
        assert quotas.acquire(conn, started("ada", None, conn, quota=2)) == ADMITTED
    assert quotas.acquire("c", started("ada", None, "c", quota=2)) == QuotaExceeded(2, competition=False)
    assert quotas.acquire("d", started("eve", None, "d", quota=2)) == ADMITTED
    quotas.release("a", "ada")
    assert quotas.acquire("c", started("ada", None, "c", quota=2)) == ADMITTED


def test_a_user_has_one_session_of_a_competition() -> None:
    quotas = SessionQuota()
    assert quotas.acquire("a", started("ada", "spring", "a", quota=0)) == ADMITTED
    assert quotas.acquire("b", started("ada", "spring", "b", quota=0)) == QuotaExceeded(1, competition=True)
    assert quotas.acquire("b", started("ada", "autumn", "b", quota=0)) == ADMITTED
    assert quotas.acquire("c", started("ada", None, "c", quota=0)) == ADMITTED
    assert quotas.acquire("d", started("eve", "spring", "d", quota=0)) == ADMITTED
    quotas.release("a", "ada")
    assert quotas.acquire("e", started("ada", "spring", "e", quota=0)) == ADMITTED


def test_released_connections_leave_nothing_behind() -> None:
    quotas = SessionQuota()
    quotas.acquire("a", started("ada", None, "a", quota=1))
    quotas.acquire("b", started("ada", None, "b", quota=1))
    quotas.release("a", "ada")
    quotas.release("b", "ada")
    quotas.release("c", "nobody")
    assert len(quotas) == 0


def test_a_resumed_session_is_counted_already() -> None:
    quotas = SessionQuota()
    assert quotas.acquire("a", started("ada", "spring", "s1", quota=1)) == ADMITTED
    assert quotas.acquire("b", started("ada", "spring", "s1", quota=None)) == ADMITTED
    quotas.release("a", "ada")
    assert quotas.acquire("c", started("ada", None, "s2", quota=1)) == QuotaExceeded(1, competition=False)
    assert quotas.acquire("d", started("ada", "spring", "s3", quota=0)) == QuotaExceeded(1, competition=True)
    quotas.release("b", "ada")
    assert quotas.acquire("e", started("ada", "spring", "s3", quota=1)) == ADMITTED


def test_two_connections_of_one_session_count_once() -> None:
    quotas = SessionQuota()
    quotas.acquire("a", started("ada", None, "s1", quota=2))
    quotas.acquire("b", started("ada", None, "s1", quota=None))
    assert quotas.acquire("c", started("ada", None, "s2", quota=2)) == ADMITTED
