"""Which windows, of any sessions, go to the model in one call."""

from collections.abc import Callable, Hashable, Iterable
from itertools import islice

from processors.transcribe.core.audio.windows import Window


def batch_size(due: int, workers: int, largest: int) -> int:
    """How many of the due windows an idle worker should get, so that all workers get about as many."""
    return min(-(-due // workers), largest)


def next_batch(due: Iterable[Window], size: int, batch_key: Callable[[Window], Hashable]) -> tuple[Window, ...]:
    """At most so many of the due windows, which come in the order in which they became due: the first, and after it
    the first ones that may share its batch because their key is the same."""
    windows = iter(due)
    first = next(windows, None) if size > 0 else None
    if first is None:
        return ()
    key = batch_key(first)
    compatible = (window for window in windows if batch_key(window) == key)
    return (first, *islice(compatible, size - 1))
