from bench.delay import Round, result, said, table
from cli.client import Received
from cli.outcome import Outcome
from schemas.wire import SERVER_MESSAGE
from tests.support.scripted_edge import FINAL


def heard(at_ms: int) -> Outcome:
    messages = (FINAL, {"type": "ack", "frames": 4}, {**FINAL, "type": "partial", "after_final": 0})
    received = tuple(Received(at_ms, message, SERVER_MESSAGE.validate_python(message)) for message in messages)
    return Outcome("s", 0, 16_000, 1.0, received, 1000, "")


def test_rounds_are_pooled() -> None:
    rounds = [
        Round((heard(1200), heard(1600)), ("Good morning!", "good evening"), model_s=0.5),
        Round((heard(2000),), ("good morning",), model_s=0.1),
    ]

    figures = result(rounds)

    assert figures["sessions"] == 3
    assert figures["audio_s"] == 3.0
    assert figures["final_delay_ms"] == {"median": 1300.0, "p95": 1800.0, "greatest": 1800.0}
    assert figures["final_delay_ratio"]["median"] == 2.6
    assert figures["wer"] == round(1 / 6, 4)
    assert figures["model_s_per_audio_s"] == 0.2
    assert table({"1": figures}).row_count == 1


def test_what_is_said_in_a_bundled_recording_is_known() -> None:
    assert said("answers_1.wav").startswith("no, my parents slowly work at home.")
