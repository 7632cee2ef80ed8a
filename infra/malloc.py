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
_MMAP_BYTES = 1024 * 1024
"""Above what uvloop asks for to read from TLS, 256 kB for every read, most of which it gives back at once: a mapping of
its own for each would cost the kernel's work for every frame."""
_TRIM_BYTES = 4 * _MMAP_BYTES
"""The heap's end comes and goes by such a read, too."""
_YOUNG = 20_000
"""Objects made and not gone again before the youngest are searched for cycles. Python's own 700 are a few frames of a
few speakers, of which nothing lasts and nothing is a cycle."""
_NEVER_TRIM_BYTES = 2**31 - 1


def tune_for_connections() -> None:
    """Call once, when everything is imported. Setting the thresholds also keeps glibc from changing them by itself;
    where there is no such allocator nothing is set. What is here now is left out of garbage collection from now on: a
    whole collection, due when a share of all objects is new, comes sooner then, and takes less time."""
    set_option = _of_glibc("mallopt")
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, _MMAP_BYTES)
        set_option(_M_TRIM_THRESHOLD, _TRIM_BYTES)
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
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
    """Call now and then: what is free goes back to the system, holes within the heap too, page by page. Takes some
    milliseconds."""
    trim_heap = _of_glibc("malloc_trim")
    if trim_heap is not None:
        trim_heap(0)


def _of_glibc(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
