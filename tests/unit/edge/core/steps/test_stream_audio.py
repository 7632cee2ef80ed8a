"""Audio in other formats than the log's: decoded in order, with answers at the right sample."""

from dataclasses import replace

import pytest

from edge.core.connection_state import ConnectionPhase
from edge.core.effects import Append, Close, DecodeAudio, Effect, Send
from edge.core.events import AudioDecoded, AudioReceived, DecodeFailed, Event, ReplyReceived, Tick
from schemas.audio import FRAME_BYTES
from schemas.sessions import AnswerBegun, EndCause, RecordKind, SessionEnded
from schemas.wire import AudioFormat, BeginAnswer, End, Summary
from tests.support.edge.core_connection import POLICY, streaming

FLOATS = AudioFormat(encoding="pcm_f32le", sample_rate=48_000, channels=2)
WEBM = AudioFormat(encoding="webm_opus")
FRAME = bytes(FRAME_BYTES)
SUMMARY = Summary(words=0, speech_ms=0, audio_ms=0, words_per_minute=0.0, finals=0)


def records(effects: list[Effect]) -> list[tuple[str, int]]:
    """Kinds and sizes of the appended records; 0 for other kinds than frames."""
    written = [effect.record for effect in effects if isinstance(effect, Append)]
    return [(each.kind.value, len(each.value) if each.kind is RecordKind.FRAME else 0) for each in written]


def code(effects: list[Effect]) -> tuple[int, str]:
    [close] = [effect for effect in effects if isinstance(effect, Close)]
    return close.code, close.reason


def test_audio_is_decoded_and_then_appended() -> None:
    connection = streaming(FLOATS)
    [convert] = connection.on(AudioReceived(bytes(8 * 12_000)))
    assert isinstance(convert, DecodeAudio)
    assert (convert.audio.encoding, convert.audio.sample_rate, len(convert.data or b"")) == (
        "pcm_f32le",
        48_000,
        96_000,
    )
    assert records(connection.on(AudioDecoded(FRAME[:-32], 4000, last=False))) == []
    assert records(connection.on(AudioDecoded(FRAME, 8000, last=False))) == [("frame", FRAME_BYTES)]


def test_an_answer_begins_where_the_audio_sent_ends_though_the_decoder_holds_some_back() -> None:
    connection = streaming(FLOATS)
    connection.on(AudioReceived(bytes(8 * 13_000)))
    connection.on(AudioDecoded(FRAME, 4334, last=False))
    [answer] = connection.on(BeginAnswer(question=3))
    assert isinstance(answer, Append)
    assert AnswerBegun.model_validate_json(answer.record.value).from_sample == 4334


def test_the_decoder_is_flushed_before_the_end_record() -> None:
    connection = streaming(FLOATS)
    connection.on(AudioDecoded(FRAME[:100], 66, last=False))
    [convert] = connection.on(End())
    assert isinstance(convert, DecodeAudio)
    assert convert.data is None
    assert connection.state.phase is ConnectionPhase.ENDING
    effects = connection.on(AudioDecoded(FRAME[:32], 66, last=True))
    assert records(effects) == [("frame", 132), ("end", 0)]
    end = effects[-1]
    assert isinstance(end, Append)
    assert SessionEnded.model_validate_json(end.record.value).cause is EndCause.CLIENT


def test_audio_still_being_decoded_at_the_end_is_appended() -> None:
    connection = streaming(FLOATS)
    connection.on(AudioReceived(bytes(8)))
    connection.on(End())
    assert records(connection.on(AudioDecoded(FRAME, 4000, last=False))) == [("frame", FRAME_BYTES)]
    assert records(connection.on(AudioDecoded(b"", 4000, last=True))) == [("end", 0)]


def test_a_session_ended_elsewhere_drops_decoded_audio() -> None:
    connection = streaming(FLOATS)
    connection.on(AudioReceived(bytes(8)))
    connection.on(ReplyReceived(SUMMARY))
    assert connection.on(AudioDecoded(FRAME, 4000, last=False)) == []


def test_a_broken_container_closes_with_broken_audio() -> None:
    assert code(streaming(WEBM).on(DecodeFailed("it is something else"))) == (4400, "broken_audio")


def test_the_maximum_length_applies_to_containers_too() -> None:
    connection = streaming(WEBM)
    for second in range(1, 4):
        connection.on(AudioDecoded(FRAME * 4, second * 16_000, last=False))
    effects = connection.on(AudioDecoded(FRAME, 52_000, last=False))
    assert records(effects) == [("end", 0)]
    assert connection.state.phase is ConnectionPhase.ENDING
    connection = streaming(WEBM)
    connection.on(AudioDecoded(FRAME * 11 + FRAME[:4000], 46_000, last=False))
    connection.on(End())
    assert records(connection.on(AudioDecoded(FRAME * 3, 60_000, last=True))) == [("frame", FRAME_BYTES), ("end", 0)]


@pytest.mark.parametrize(
    ("audio", "size", "refused"),
    [
        (FLOATS, 384_000, None),
        (FLOATS, 384_008, (1009, "message_too_large")),
        (FLOATS, 12, (4400, "bad_audio")),
        (AudioFormat(sample_rate=8_000), 16_002, (1009, "message_too_large")),
        (AudioFormat(sample_rate=8_000, channels=2), 6, (4400, "bad_audio")),
        (WEBM, 7, None),
        (WEBM, 393_217, (1009, "message_too_large")),
    ],
)
def test_message_sizes_are_checked_by_format(audio: AudioFormat, size: int, refused: tuple[int, str] | None) -> None:
    connection = streaming(audio)
    effects = connection.on(AudioReceived(bytes(size)))
    if refused:
        assert code(effects) == refused
    else:
        assert isinstance(effects[0], DecodeAudio)


@pytest.mark.parametrize(
    "event", [AudioReceived(FRAME * 4), AudioDecoded(FRAME * 4, 0, last=False)], ids=["own", "converted"]
)
def test_audio_beyond_the_rate_limit_is_too_fast(event: Event) -> None:
    connection = streaming(WEBM if isinstance(event, AudioDecoded) else None, policy=replace(POLICY, session_s=3600))

    def second(number: int, now_ms: int) -> list[Effect]:
        told = replace(event, until_sample=number * 16_000) if isinstance(event, AudioDecoded) else event
        return connection.on(told, now_ms)

    for number in range(1, 31):
        second(number, 0)
    for number in range(31, 39):
        second(number, 1000)
    assert connection.state.phase is ConnectionPhase.STREAMING
    assert code(second(39, 1000)) == (4429, "too_fast")
    assert connection.on(Tick(), 2000) == []


def test_frame_bytes_are_those_of_the_announced_format() -> None:
    for audio, frame_bytes in ((None, 8000), (FLOATS, 96_000), (WEBM, 0)):
        assert streaming(audio).state.session.audio.frame_bytes == frame_bytes


def test_ticks_send_nothing_while_the_decoder_is_flushed() -> None:
    connection = streaming(FLOATS)
    connection.on(End())
    assert not any(isinstance(effect, Send) for effect in connection.on(Tick(), 60_000))
