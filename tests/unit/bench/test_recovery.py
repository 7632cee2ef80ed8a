from bench.charts import BarChart
from bench.recovery import figures, picture
from client.connection import Received
from client.outcome import Outcome
from schemas.wire import SERVER_MESSAGE
from tests.support.clients.scripted_edge import FINAL


def final(number: int, at_ms: int, end_ms: int) -> Received:
    raw = {**FINAL, "number": number, "end_ms": end_ms}
    return Received(at_ms, raw, SERVER_MESSAGE.validate_python(raw))


def outcome(*received: Received) -> Outcome:
    return Outcome("s", 1000, 16_000 * 30, 1.0, received, 1000, "")


def test_a_final_of_words_said_before_the_kill_does_not_count() -> None:
    came = outcome(final(1, 6100, 4000), final(2, 8500, 5500), final(3, 17_000, 15_000))

    found = figures(came, [6000, 15_500], "good morning " * 3)

    assert found["each_ms"] == [2500.0, 1500.0]
    assert found["recovery_ms"] == {"median": 2000.0, "p95": 2450.0, "greatest": 2500.0}
    assert (found["wer"], found["finals_numbered_without_gaps"]) == (0.0, True)


def test_a_kill_without_a_recovery_before_the_next_one_is_reported() -> None:
    found = figures(outcome(final(1, 12_000, 10_000), final(3, 30_000, 20_000)), [6000, 9000, 31_000], "good morning")

    assert found["each_ms"] == [None, 3000.0, None]
    assert (found["not_recovered_before_the_next"], found["finals_numbered_without_gaps"]) == (2, False)
    (chart,) = picture({**found, "goal_p95_ms": 5000.0}).charts
    assert isinstance(chart, BarChart)
    assert [bar.value for bar in chart.bars] == [3.0]
