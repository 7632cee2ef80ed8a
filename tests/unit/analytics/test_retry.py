"""Retries without a limit."""

import asyncio

import pytest

from analytics.retry import Retry
from infra.errors import Unavailable
from infra.health import Health

pytestmark = pytest.mark.usefixtures("virtual_time")


class Flaky:
    """Fails so many times, then returns what it is given."""

    def __init__(self, failures: int) -> None:
        self.left = failures
        self.seen: list[dict[str, str]] = []

    async def work(self, health: Health, value: str) -> str:
        self.seen.append(health.reasons)
        if self.left:
            self.left -= 1
            raise Unavailable("The database is away.", "Start it.")
        return value


@pytest.fixture
def health() -> Health:
    health = Health()
    health.ready()
    return health


async def test_the_process_is_not_ready_until_an_attempt_succeeds(health: Health) -> None:
    flaky = Flaky(failures=9)
    assert await Retry(asyncio.Event(), health)("store", flaky.work, health, "done") == "done"
    assert flaky.seen == [{}, *[{"store": "The database is away. Start it."}] * 9]
    assert health.reasons == {}


async def test_once_the_stage_stops_the_failure_is_raised_without_another_attempt(health: Health) -> None:
    stopping, flaky = asyncio.Event(), Flaky(failures=99)
    working = asyncio.create_task(Retry(stopping, health)("store", flaky.work, health, ""))
    await asyncio.sleep(60)
    attempts = len(flaky.seen)
    assert attempts > 5, "the pauses are bounded"
    stopping.set()
    with pytest.raises(Unavailable):
        await working
    assert len(flaky.seen) <= attempts + 1


async def test_other_errors_are_not_retried(health: Health) -> None:
    async def broken() -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await Retry(asyncio.Event(), health)("store", broken)
    assert health.reasons == {}
