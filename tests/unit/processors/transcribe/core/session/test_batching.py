"""Windows of one kind share a call of the model, and all workers get about as many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.transcribe.core.session.batching import batches


@pytest.mark.parametrize(
    ("kinds", "size", "workers", "expected"),
    [
        ("", 4, 2, ()),
        ("a", 4, 2, ((0,),)),
        ("aaaa", 16, 2, ((0, 1), (2, 3))),
        ("aaaa", 16, 1, ((0, 1, 2, 3),)),
        ("aaaaa", 2, 1, ((0, 1), (2, 3), (4,))),
        ("abab", 16, 1, ((0, 2), (1, 3))),
        ("aab", 16, 2, ((0, 1), (2,))),
    ],
)
def test_windows_are_dealt_out(kinds: str, size: int, workers: int, expected: tuple[tuple[int, ...], ...]) -> None:
    assert batches(kinds, size, workers) == expected


@given(st.text("abc", max_size=40), st.integers(1, 20), st.integers(1, 8))
def test_each_window_is_in_one_batch_of_its_kind_and_no_batch_is_too_large(kinds: str, size: int, workers: int) -> None:
    dealt = batches(kinds, size, workers)
    assert sorted(place for batch in dealt for place in batch) == list(range(len(kinds)))
    assert all(len({kinds[place] for place in batch}) == 1 and len(batch) <= size for batch in dealt)
