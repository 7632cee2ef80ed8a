"""Which windows go to the model in one call."""

from collections.abc import Hashable, Sequence


def batches(kinds: Sequence[Hashable], size: int, workers: int) -> tuple[tuple[int, ...], ...]:
    """The windows, by their places in the sequence, in batches of one kind each, at most `size` in one, and so that
    all workers have about as much to do. Within a kind the order is kept; a batch of windows that have waited longer
    stands before one of newer windows."""
    share = max(min(size, -(-len(kinds) // workers)), 1)
    of_kind: dict[Hashable, list[int]] = {}
    for place, kind in enumerate(kinds):
        of_kind.setdefault(kind, []).append(place)
    cut = (tuple(places[at : at + share]) for places in of_kind.values() for at in range(0, len(places), share))
    return tuple(sorted(cut))
