"""Limits of the client's messages, and how unknown ones are read."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.wire import CLIENT_MESSAGE, SERVER_MESSAGE, BeginAnswer, Ping, Start


def test_a_start_needs_no_field() -> None:
    start = CLIENT_MESSAGE.validate_python({"type": "start"})
    assert isinstance(start, Start)
    assert (start.mode, start.language, start.questions, start.resume) == ("practice", "en", 10, None)
    assert (start.audio.encoding, start.audio.sample_rate, start.audio.channels) == ("pcm_s16le", 16_000, 1)


@pytest.mark.parametrize(
    ("field", "allowed", "refused"),
    [
        ("questions", (0, 20), (-1, 21, "many")),
        ("from_frame", (0, 10**9), (-1, 1.5)),
        ("have_final", (0,), (-1,)),
        ("mode", ("m", "m" * 40), ("", "m" * 41)),
        ("language", ("en", "zh-Hant1"), ("e", "x" * 9)),
        ("competition", (None, "c" * 80), ("", "c" * 81)),
        ("display_name", (None, "", "n" * 40), ("n" * 41,)),
        ("topic", (None, "", "t" * 80), ("t" * 81,)),
    ],
)
def test_limits_of_a_starts_fields(field: str, allowed: tuple[Any, ...], refused: tuple[Any, ...]) -> None:
    for value in allowed:
        assert getattr(Start.model_validate({field: value}), field) == value
    for value in refused:
        with pytest.raises(ValidationError):
            Start.model_validate({field: value})


@pytest.mark.parametrize("question", [0, 21])
def test_an_answer_belongs_to_a_question_from_1_to_20(question: int) -> None:
    with pytest.raises(ValidationError):
        BeginAnswer(question=question)


@pytest.mark.parametrize("identifier", [None, 0, "x", [1, {"a": None}]])
def test_a_pings_id_is_whatever_the_client_likes(identifier: Any) -> None:
    assert CLIENT_MESSAGE.validate_python({"type": "ping", "id": identifier}) == Ping(id=identifier)


def test_fields_of_a_later_version_are_ignored_and_message_types_are_not() -> None:
    assert SERVER_MESSAGE.validate_python({"type": "ack", "frames": 1, "later": True}).type == "ack"
    with pytest.raises(ValidationError):
        SERVER_MESSAGE.validate_python({"type": "later"})
