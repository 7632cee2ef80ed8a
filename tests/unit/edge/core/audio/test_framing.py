"""Audio in any pieces becomes the same audio in frames of 250 ms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.audio.framing import Framing
from schemas.audio import FRAME_BYTES

chunk = st.integers(0, 16_000).map(lambda samples: bytes(index % 251 for index in range(2 * samples)))


@given(st.lists(chunk, max_size=12))
def test_any_split_gives_the_same_audio_in_whole_frames(chunks: list[bytes]) -> None:
    framing, frames = Framing(), list[bytes]()
    for audio in chunks:
        framing, full = framing.push(audio)
        frames += full
        assert len(framing.rest) < FRAME_BYTES
    assert all(len(frame) == FRAME_BYTES for frame in frames)
    framing, last = framing.flush()
    assert b"".join([*frames, *last]) == b"".join(chunks)
    assert framing.samples == sum(map(len, chunks)) // 2
    assert framing.rest == b""
    assert all(last)


def test_the_last_frame_holds_the_rest() -> None:
    framing, frames = Framing().push(b"\1\2" * 4001)
    assert [len(frame) for frame in frames] == [FRAME_BYTES]
    framing, last = framing.flush()
    assert last == (b"\1\2",)
    assert framing.flush() == (framing, ())


def test_a_torn_sample_is_rejected() -> None:
    with pytest.raises(ValueError, match="3 bytes"):
        Framing().push(b"abc")
