"""What a client's message means, and that none is too odd to be answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.events import AudioReceived, ClientEvent, InvalidMessage
from edge.core.message_parser import parse_message
from schemas.wire import AudioFormat, Auth, BeginAnswer, End, Ping, Start


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ('{"type": "auth", "token": "abc"}', Auth(token="abc")),
        ("eyJh.eyJz-_.c2ln", Auth(token="eyJh.eyJz-_.c2ln")),
        (" eyJh.eyJz.c2ln\n", Auth(token="eyJh.eyJz.c2ln")),
        ("eyJh.eyJz.", Auth(token="eyJh.eyJz.")),
        ('{"type": "start"}', Start()),
        ('{"type": "start", "audio": {"channels": 2}, "new": []}', Start(audio=AudioFormat(channels=2))),
        ('{"type": "answer", "question": 3}', BeginAnswer(question=3)),
        ('{"type": "end"}', End()),
        ('{"type": "ping", "id": {"a": [1, null]}}', Ping(id={"a": [1, None]})),
        ('{"type": "ping"}', Ping()),
        (b"", AudioReceived(b"")),
        (b"\1\2", AudioReceived(b"\1\2")),
    ],
)
def test_valid_messages(message: str | bytes, event: ClientEvent) -> None:
    assert parse_message(message) == event


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "bad_json"),
        ("hello", "bad_json"),
        ("null", "bad_json"),
        ("[]", "bad_json"),
        ('"start"', "bad_json"),
        ('{"type": "end"', "bad_json"),
        ('{"type": "end"} {}', "bad_json"),
        ('{"type": "ping", "id": NaN}', "bad_json"),
        ('{"type": "ping", "id": -Infinity}', "bad_json"),
        ('{"type": "ping", "id": "\\ud800"}', "bad_json"),
        ('{"type": "ping", "id": ' + "9" * 5000 + "}", "bad_json"),
        ('{"type": "ping", "id": ' + "[" * 500 + "]" * 500 + "}", "bad_json"),
        ("[" * 200_000, "bad_json"),
        ("{}", "bad_message"),
        ('{"type": null}', "bad_message"),
        ('{"type": ["auth"]}', "bad_message"),
        ('{"type": "Auth", "token": "a"}', "unknown_type"),
        ('{"type": "resume"}', "unknown_type"),
        ('{"type": "auth"}', "bad_message"),
        ('{"type": "auth", "token": 7}', "bad_message"),
        ('{"type": "answer"}', "bad_message"),
        ('{"type": "answer", "question": "1"}', "bad_message"),
        ('{"type": "answer", "question": 1.5}', "bad_message"),
        ('{"type": "answer", "question": true}', "bad_message"),
        ('{"type": "answer", "question": 0}', "bad_message"),
        ('{"type": "start", "questions": 21}', "bad_message"),
        ('{"type": "start", "display_name": "' + "x" * 41 + '"}', "bad_message"),
        ('{"type": "start", "audio": "pcm_s16le"}', "bad_message"),
        ('{"type": "start", "audio": {"sample_rate": "16000"}}', "bad_message"),
        ('{"type": "start", "mode": null}', "bad_message"),
    ],
)
def test_invalid_messages(message: str, code: str) -> None:
    event = parse_message(message)
    assert isinstance(event, InvalidMessage)
    assert event.error.code == code
    assert event.error.hint
    assert event.error.close_code is None


def test_an_error_names_the_field_and_not_its_content() -> None:
    event = parse_message('{"type": "start", "topic": ["secret"]}')
    assert isinstance(event, InvalidMessage)
    assert "`topic`" in event.error.message
    assert "secret" not in event.error.message


@given(st.one_of(st.text(), st.binary(), st.text().map(lambda text: f'{{"type": "ping", "id": {text}}}')))
def test_no_message_raises(message: str | bytes) -> None:
    parse_message(message)


def test_any_id_that_is_parsed_can_be_serialised() -> None:
    for depth in (1, 100, 180):
        event = parse_message('{"type": "ping", "id": ' + "[" * depth + "]" * depth + "}")
        assert isinstance(event, Ping)
        assert event.model_dump_json()
