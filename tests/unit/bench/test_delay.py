from bench.charts import draw
from bench.delay import Round, panels, result, said, table
from bench.latency import answers_ms
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
        Round((heard(1200), heard(1600)), ("Good morning!", "good evening"), (30.0, 70.0), model_s=0.5, windows=20),
        Round((heard(2000),), ("good morning",), (80.0,), model_s=0.1, windows=10),
    ]

    figures = result(rounds, window_frames=2)

    assert figures["sessions"] == 3
    assert figures["audio_s"] == 3.0
    assert figures["final_delay_ms"] == {"median": 1300.0, "p95": 1750.0, "greatest": 1800.0}
    assert figures["final_delay_ratio"]["median"] == 2.6
    assert figures["wer"] == round(1 / 6, 4)
    assert figures["model_s_per_audio_s"] == 0.2
    assert (figures["model_ms_per_window"], figures["added_ms"]) == (
        20.0,
        {"median": 50.0, "p95": 59.0, "greatest": 60.0},
    )
    ways = {"default": {"speakers": {"1": figures}}}
    assert table(ways).row_count == 1
    drawn = panels({"ways": ways})
    assert [[bar.value for bar in panel.groups["default × 1"]] for panel in drawn] == [
        [1.3, 1.75],
        [1.2, 1.56],
        [50.0, 59.0],
    ]
    assert draw(drawn).startswith("<svg")


def test_an_answer_s_delay_is_from_the_newest_frame_that_was_heard_for_it() -> None:
    outcome = heard(1600)
    final, _, partial = (item.message for item in outcome.received)

    def reply(message: object, heard_frames: int) -> Reply:
        parts = {"event_id": "e", "at_ms": 0, "session_id": "s", "conn": "c", "heard_frames": heard_frames}
        return Reply.model_validate({**parts, "message": message})

    lost = partial.model_copy(update={"text": "it never came"}) if isinstance(partial, Partial) else None
    replies = [reply(lost, 2), reply(partial, 4), reply(final, 6)]

    # Its audio lasts a second, so the sixth frame can only be the fourth.
    assert answers_ms(outcome, replies) == [600.0, 600.0]
    assert answers_ms(outcome, [reply(partial, 2)]) == [1100.0]
    assert answers_ms(outcome, []) == []


def test_what_is_said_in_a_bundled_recording_is_known() -> None:
    assert said("answers_1.wav").startswith("no, my parents slowly work at home.")
