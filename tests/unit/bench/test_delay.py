from bench.charts import BarChart
from bench.delay import DelayRound, figures, picture, table
from bench.latency import reply_latencies_ms
from client.connection import Received
from client.outcome import Outcome
from schemas.replies import Reply
from schemas.wire import SERVER_MESSAGE, Partial
from tests.support.clients.scripted_edge import FINAL


def heard(at_ms: int) -> Outcome:
    messages = (FINAL, {"type": "ack", "frames": 4}, {**FINAL, "type": "partial", "after_final": 0})
    received = tuple(Received(at_ms, message, SERVER_MESSAGE.validate_python(message)) for message in messages)
    return Outcome("s", 0, 16_000, 1.0, received, 1000, "")


def test_rounds_are_pooled() -> None:
    rounds = [
        DelayRound(
            (heard(1200), heard(1600)), ("Good morning!", "good evening"), (30.0, 70.0), model_s=0.5, windows=20
        ),
        DelayRound((heard(2000),), ("good morning",), (80.0,), model_s=0.1, windows=10),
    ]

    found = figures(rounds, window_frames=2)

    assert found["sessions"] == 3
    assert found["audio_s"] == 3.0
    assert found["final_delay_ms"] == {"median": 1300.0, "p95": 1750.0, "greatest": 1800.0}
    assert found["final_delay_ratio"]["median"] == 2.6
    assert found["wer"] == round(1 / 6, 4)
    assert found["model_s_per_audio_s"] == 0.2
    assert (found["model_ms_per_window"], found["added_ms"]) == (
        20.0,
        {"median": 50.0, "p95": 59.0, "greatest": 60.0},
    )
    configurations = {"default": {"goals_s": {"p50": 1.0, "p95": 1.9}, "speakers": {"1": found}}}
    assert table(configurations).row_count == 1
    charts = picture({"configurations": configurations}).charts
    bars = [chart.groups["default, 1 speaker"] for chart in charts if isinstance(chart, BarChart)]
    assert [[bar.value for bar in group] for group in bars] == [[1.3, 1.75], [1.2, 1.56], [50.0, 59.0]]
    assert [bar.goal for bar in bars[0]] == [1.0, 1.9]


def test_the_latency_of_a_reply_runs_from_the_end_of_the_newest_frame_that_it_covers() -> None:
    outcome = heard(1600)
    final, _, partial = (item.message for item in outcome.received)

    def reply(message: object, heard_frames: int) -> Reply:
        parts = {"event_id": "e", "at_ms": 0, "session_id": "s", "conn": "c", "heard_frames": heard_frames}
        return Reply.model_validate({**parts, "message": message})

    lost = partial.model_copy(update={"text": "it never came"}) if isinstance(partial, Partial) else None
    replies = [reply(lost, 2), reply(partial, 4), reply(final, 6)]

    # Its audio lasts a second, so the sixth frame can only be the fourth.
    assert reply_latencies_ms(outcome, replies) == [600.0, 600.0]
    assert reply_latencies_ms(outcome, [reply(partial, 2)]) == [1100.0]
    assert reply_latencies_ms(outcome, []) == []
