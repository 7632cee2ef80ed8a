"""Payloads that were ever written must parse for ever, and there must be one for every type."""

from pathlib import Path

import pytest

from schemas.topics import Topic, parse_event

EXAMPLES = Path("schemas/examples")
FILES = sorted(EXAMPLES.glob("*/*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_example_parses_and_survives_a_round_trip(file: Path) -> None:
    topic = next(topic for topic in Topic if topic.value.name == file.parent.name)
    event = parse_event(topic, file.read_bytes())
    assert file.stem == f"{event.type}.v{event.version}"
    assert parse_event(topic, event.encode()) == event


@pytest.mark.parametrize("topic", Topic, ids=lambda topic: topic.value.name)
def test_every_type_and_version_has_an_example(topic: Topic) -> None:
    for model in topic.value.values:
        fields = model.model_fields
        name = f"{fields['type'].default}.v{fields['version'].default}.json"
        assert (EXAMPLES / topic.value.name / name).exists(), f"add schemas/examples/{topic.value.name}/{name}"


def test_a_type_of_another_topic_is_refused_by_name() -> None:
    payload = (EXAMPLES / "reports" / "report_ready.v1.json").read_bytes()
    with pytest.raises(ValueError, match="transcripts carries transcript_final"):
        parse_event(Topic.TRANSCRIPTS, payload)


def test_a_newer_writers_extra_field_is_ignored() -> None:
    payload = (EXAMPLES / "session.events" / "session_started.v1.json").read_text()
    event = parse_event(Topic.SESSION_EVENTS, payload.replace("{", '{"from_the_future": 1,', 1).encode())
    assert not hasattr(event, "from_the_future")
