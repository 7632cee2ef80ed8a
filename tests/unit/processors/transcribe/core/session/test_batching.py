"""Windows with one batch key share a call of the model, and all workers get about as many."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.transcribe.core.audio.windows import Window
from processors.transcribe.core.session.batching import batch_size, next_batch


def windows(keys: str) -> list[Window]:
    """One window of each language, in this order."""
    return [Window(f"s-{at}", 0, at, key, 0, b"") for at, key in enumerate(keys)]


def language(window: Window) -> str:
    return window.language


def batches(keys: str, workers: int, largest: int) -> Iterator[tuple[int, ...]]:
    """All windows in batches, each by its windows' places."""
    due = windows(keys)
    while batch := next_batch(due, batch_size(len(due), workers, largest), language):
        yield tuple(window.offset for window in batch)
        due = [window for window in due if window not in batch]


@pytest.mark.parametrize(("due", "size"), [(0, 0), (1, 1), (2, 1), (3, 2), (8, 4), (100, 4)])
def test_workers_share_the_due_windows(due: int, size: int) -> None:
    assert batch_size(due, workers=2, largest=4) == size


@pytest.mark.parametrize(
    ("keys", "largest", "workers", "expected"),
    [
        ("", 4, 2, []),
        ("a", 4, 2, [(0,)]),
        ("aaaa", 16, 1, [(0, 1, 2, 3)]),
        ("aaaaa", 2, 1, [(0, 1), (2, 3), (4,)]),
        ("abab", 16, 1, [(0, 2), (1, 3)]),
        ("aab", 16, 2, [(0, 1), (2,)]),
    ],
)
def test_the_window_that_has_waited_longest_determines_the_batch_key(
    keys: str, largest: int, workers: int, expected: list[tuple[int, ...]]
) -> None:
    assert list(batches(keys, workers, largest)) == expected


@given(st.text("abc", max_size=40), st.integers(1, 20), st.integers(1, 8))
def test_each_window_is_in_one_batch_of_its_key_and_no_batch_is_too_large(
    keys: str, largest: int, workers: int
) -> None:
    dealt = list(batches(keys, workers, largest))
    assert sorted(place for batch in dealt for place in batch) == list(range(len(keys)))
    assert all(len({keys[place] for place in batch}) == 1 and len(batch) <= largest for batch in dealt)
