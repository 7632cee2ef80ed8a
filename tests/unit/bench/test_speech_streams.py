from itertools import pairwise

import pytest

from bench.speech_streams import joined, stream


def test_a_stream_is_the_same_on_every_run() -> None:
    assert stream(3, 62.0) == stream(3, 62.0)


@pytest.mark.parametrize("number", range(16))
def test_streams_are_about_as_long_as_wanted_and_their_words_in_order(number: int) -> None:
    one = stream(number, 62.0)

    assert 50 < one.seconds < 72
    assert all(word.start_s <= word.end_s <= one.seconds for word in one.words)
    assert all(before.start_s <= after.start_s for before, after in pairwise(one.words))


def test_neighbours_begin_differently() -> None:
    beginnings = {stream(number, 62.0).pcm[:64_000] for number in range(8)}

    assert len(beginnings) == 8


def test_silence_moves_the_words_behind_it() -> None:
    near, far = joined("near", "sentence_1"), joined("far", 2.0, "sentence_1")

    assert far.seconds == pytest.approx(near.seconds + 2)
    assert far.words[0].start_s == pytest.approx(near.words[0].start_s + 2)
