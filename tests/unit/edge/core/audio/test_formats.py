"""Supported formats, and the sizes of their frames and messages."""

import pytest

from edge.core.audio.formats import CANONICAL, supported_format
from schemas.audio import FRAME_BYTES
from schemas.wire import MAX_MESSAGE_BYTES, AudioFormat


@pytest.mark.parametrize(
    ("encoding", "rate", "channels", "frame_bytes", "message_bytes"),
    [
        ("pcm_s16le", 16_000, 1, FRAME_BYTES, 32_000),
        ("pcm_s16le", 8_000, 2, 8_000, 32_000),
        ("pcm_s16le", 44_100, 1, 22_050, 88_200),
        ("pcm_f32le", 48_000, 2, 96_000, 384_000),
        ("webm_opus", 48_000, 2, 0, MAX_MESSAGE_BYTES),
        ("ogg_opus", 1, 99, 0, MAX_MESSAGE_BYTES),
    ],
)
def test_frame_and_message_sizes_of_supported_formats(
    encoding: str, rate: int, channels: int, frame_bytes: int, message_bytes: int
) -> None:
    audio = supported_format(AudioFormat(encoding=encoding, sample_rate=rate, channels=channels))
    assert audio is not None
    assert (audio.frame_bytes, audio.message_bytes) == (frame_bytes, message_bytes)
    assert audio.message_bytes <= MAX_MESSAGE_BYTES


def test_only_the_logs_own_format_is_canonical() -> None:
    assert supported_format(AudioFormat()) == CANONICAL
    assert CANONICAL.canonical
    other = supported_format(AudioFormat(channels=2))
    assert other is not None
    assert not other.canonical


@pytest.mark.parametrize(
    ("encoding", "rate", "channels"),
    [
        ("mp3", 16_000, 1),
        ("", 16_000, 1),
        ("PCM_S16LE", 16_000, 1),
        ("pcm_s16le", 0, 1),
        ("pcm_s16le", -16_000, 1),
        ("pcm_s16le", 22_050, 1),
        ("pcm_s16le", 10**30, 1),
        ("pcm_f32le", 16_000, 0),
        ("pcm_f32le", 16_000, 3),
    ],
)
def test_unsupported_formats(encoding: str, rate: int, channels: int) -> None:
    assert supported_format(AudioFormat(encoding=encoding, sample_rate=rate, channels=channels)) is None
