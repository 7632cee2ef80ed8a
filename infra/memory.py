"""For processes in which connections come and go for weeks: memory that is freed goes back to the system."""

import ctypes
import gc
import sys
from collections.abc import Callable

# glibc's malloc.h, as mallopt(3) describes them.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_MMAP_BYTES = 64 * 1024
"""A TLS connection's read buffer under uvloop is this large: in a mapping of its own it leaves no hole in the heap."""
_TRIM_BYTES = 128 * 1024


def give_back_freed() -> None:
    """Call once, when everything is imported. Setting the thresholds also keeps glibc from raising them by itself;
    where there is no such allocator nothing is set. What is here now is left out of garbage collection from now on: a
    whole collection, due when a share of all objects is new, comes sooner then, and takes less time."""
    set_option = _of_glibc("mallopt")
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, _MMAP_BYTES)
        set_option(_M_TRIM_THRESHOLD, _TRIM_BYTES)
    gc.collect()
    gc.freeze()


def trim() -> None:
    """Call now and then: the holes that smaller buffers leave in the heap go back, too. Takes some milliseconds."""
    trim_heap = _of_glibc("malloc_trim")
    if trim_heap is not None:
        trim_heap(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
