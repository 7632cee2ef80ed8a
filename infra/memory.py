"""What a process does with memory that it has freed. One in which connections come and go for weeks gives it back to
the system; one that does the same large sums over and over keeps it. Each says so once, and cannot take it back."""

import ctypes
import gc
import sys
from collections.abc import Callable

# glibc's malloc.h, as mallopt(3) describes them.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8
_MMAP_BYTES = 64 * 1024
"""A TLS connection's read buffer under uvloop is this large: in a mapping of its own it leaves no hole in the heap."""
_TRIM_BYTES = 128 * 1024
_NEVER_TRIM_BYTES = 2**31 - 1


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


def keep_freed() -> None:
    """Call before the first thread is started. What was freed is used again, whatever its size; otherwise glibc hands
    each block of more than 32 MB back when it is freed, and the system clears its pages anew for the next: 40 % of a
    small Whisper model's time. One heap for all threads, for those of other threads hold no block of more than 64 MB.
    The process stays as large as it has been."""
    set_option = _of_glibc("mallopt")
    if set_option is not None:
        set_option(_M_MMAP_MAX, 0)
        set_option(_M_TRIM_THRESHOLD, _NEVER_TRIM_BYTES)
        set_option(_M_ARENA_MAX, 1)


def trim() -> None:
    """Call now and then: the holes that smaller buffers leave in the heap go back, too. Takes some milliseconds."""
    trim_heap = _of_glibc("malloc_trim")
    if trim_heap is not None:
        trim_heap(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
