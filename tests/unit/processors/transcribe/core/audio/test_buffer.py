"""The buffer of audio: samples in, samples off the front, and which records hold what is left."""

from hypothesis import given
from hypothesis import strategies as st

from processors.transcribe.core.audio.buffer import EMPTY_AUDIO


@given(st.lists(st.binary(max_size=20).map(lambda piece: piece * 2)), st.integers(-5, 200), st.integers(-5, 200))
def test_trimming_leaves_the_audio_after_the_cut(pieces: list[bytes], first: int, second: int) -> None:
    audio = EMPTY_AUDIO
    for offset, piece in enumerate(pieces):
        audio = audio.extended(piece, offset)
    whole = b"".join(pieces)
    trimmed = audio.trimmed(first).trimmed(second)
    assert trimmed.end == len(whole) // 2
    assert trimmed.start == min(max(first, second, 0), trimmed.end)
    assert trimmed.pcm == whole[trimmed.start * 2 :]
    held = b"".join(pieces[offset] for offset in trimmed.offsets)
    assert held[trimmed.skipped * 2 :] == trimmed.pcm
    assert len(held) >= trimmed.skipped * 2
