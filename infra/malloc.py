"""What a process does with memory that it has freed. A process in which connections come and go for weeks returns it to
the system; one that repeats the same large computations keeps it. Each chooses once, for its whole life."""

import ctypes
import gc
import sys
from collections.abc import Callable

# glibc's malloc.h, as described in mallopt(3).
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_MMAP_MAX = -4
_M_ARENA_MAX = -8
_MMAP_BYTES = 1024 * 1024
"""More than the 256 kB that uvloop allocates for every read from TLS and mostly frees at once: a separate mapping for
each of them would cost a system call for every frame."""
_TRIM_BYTES = 4 * _MMAP_BYTES
"""Such a read also moves the end of the heap back and forth."""
_GC_YOUNG_OBJECTS = 20_000
"""Net new objects that start a collection of the youngest generation. Python's default of 700 is reached by a few
frames of a few speakers, which all soon die and form no cycles."""
_NEVER_TRIM_BYTES = 2**31 - 1


def tune_for_connections() -> None:
    """Call once, when everything is imported. Setting the thresholds also keeps glibc from adjusting them by itself;
    without glibc they are left alone. The objects that exist now are excluded from garbage collection: a full
    collection, which starts when a share of all objects is new, then starts sooner and takes less time."""
    set_option = _glibc_function("mallopt")
    if set_option is not None:
        set_option(_M_MMAP_THRESHOLD, _MMAP_BYTES)
        set_option(_M_TRIM_THRESHOLD, _TRIM_BYTES)
    gc.set_threshold(_GC_YOUNG_OBJECTS, *gc.get_threshold()[1:])
    gc.collect()
    gc.freeze()


def keep_freed() -> None:
    """Call before the first thread is started. Freed memory is reused, whatever its size; otherwise glibc returns each
    block of more than 32 MB to the system when it is freed, and the system clears its pages again for the next one,
    which is 40 % of a small Whisper model's time. All threads share one heap, because the heaps of other threads hold
    no block of more than 64 MB. The process stays as large as it has ever been."""
    set_option = _glibc_function("mallopt")
    if set_option is not None:
        set_option(_M_MMAP_MAX, 0)
        set_option(_M_TRIM_THRESHOLD, _NEVER_TRIM_BYTES)
        set_option(_M_ARENA_MAX, 1)


def trim() -> None:
    """Call periodically: returns free memory to the system page by page, including holes within the heap. Takes a few
    milliseconds."""
    trim_heap = _glibc_function("malloc_trim")
    if trim_heap is not None:
        trim_heap(0)


def _glibc_function(name: str) -> Callable[..., int] | None:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
