"""Opus in WebM or Ogg, as browsers' MediaRecorder makes it, by PyAV (FFmpeg).

FFmpeg asks for bytes when it wants them and blocks until it has them. So each container is read by a thread of its own
from a pipe, and the reader's wish for more is how we know that everything given so far has been worked through: an
answer that begins between two messages begins at the right sample. The container's kind and its codec are prescribed,
so FFmpeg never guesses which of its many parsers to let loose on a stranger's bytes.

Opus frames can be so short that one message takes seconds to decode. Threads share the interpreter with the event loop,
so whoever decodes for long rests as long as it works, and only one of all does so at a time: however many such messages
come, the loop has more than half of a core for everybody else.
"""

import asyncio
import threading
import time
from collections.abc import Callable

import av
import numpy as np

from edge.adapters.resampling import Resampler
from edge.core.events import Converted, Unintelligible
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

_DEMUXERS = {"webm_opus": "matroska", "ogg_opus": "ogg"}
# So that the first words are not held back until FFmpeg is sure of what it has before it.
_PROMPTLY = {"probesize": "32", "analyzeduration": "0"}
_BUFFER_BYTES = 4096
_OPUS_RATE = 48_000
# More than any page puts into a message; a stranger could put hours of silence into one.
_MAX_BYTES_AT_ONCE = 60 * SAMPLE_RATE * SAMPLE_BYTES
# Headers with a picture in them pass; a stream without any sound does not.
_MAX_SILENT_BYTES = 1024 * 1024

# Of processor time: ten times what a message of 250 ms takes, and no longer than anybody may wait for their turn.
_SPELL_S = 0.02


class _Effort:
    """What one thread works at a message. After a spell of it, it must be the only one that works on, and rests."""

    _only = threading.Lock()

    def __init__(self) -> None:
        self._since_s = time.thread_time()
        self._is_only = False

    def go_on(self) -> None:
        """Call often; waits when it is time to."""
        worked_s = time.thread_time() - self._since_s
        if worked_s < _SPELL_S:
            return
        if not self._is_only:
            self._is_only = self._only.acquire()
        time.sleep(worked_s)
        self._since_s = time.thread_time()

    def done(self) -> None:
        """The message has been worked through, or given up."""
        if self._is_only:
            self._only.release()
            self._is_only = False
        self._since_s = time.thread_time()


class _Pipe:
    """A file that grows, for FFmpeg to read. `hungry` is called, in the reader's thread, when it has read all of it."""

    def __init__(self, hungry: Callable[[], None]) -> None:
        self._hungry = hungry
        self._changed = threading.Condition()
        self._waiting = bytearray()
        self._ended = False

    def feed(self, data: bytes) -> None:
        with self._changed:
            self._waiting += data
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    def stop(self) -> None:
        """End here, without what has not been read. To raise something in `read` would be heard by PyAV's log only."""
        with self._changed:
            self._waiting.clear()
            self._ended = True
            self._changed.notify()

    def read(self, size: int) -> bytes:
        """Up to so many bytes; none at the end."""
        with self._changed:
            if not self._ready():
                self._hungry()
                self._changed.wait_for(self._ready)
            taken = bytes(self._waiting[:size])
            del self._waiting[:size]
            return taken

    def _ready(self) -> bool:
        return bool(self._waiting) or self._ended


class ContainerEar:
    """`edge.ports.Ear` for a container. Made on an event loop, which is told of the thread's progress."""

    def __init__(self, encoding: str) -> None:
        self._demuxer = _DEMUXERS[encoding]
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._pipe = _Pipe(self._ran_dry)
        self._effort = _Effort()
        self._resampler = Resampler(_OPUS_RATE)
        self._made = bytearray()
        self._silent_bytes = 0
        self._fault: str | None = None
        self._over = False
        self._thread = threading.Thread(target=self._read, name=f"edge-{encoding}", daemon=True)

    async def hear(self, data: bytes) -> Converted | Unintelligible:
        if not data:
            return self._heard(last=False)
        self._silent_bytes += len(data)
        await self._work(lambda: self._pipe.feed(data))
        if self._over and self._fault is None:
            self._fault = "it goes on after its own end"
        return self._heard(last=False)

    async def finish(self) -> Converted | Unintelligible:
        if self._thread.ident is None:
            return Converted(b"", 0, last=True)  # Nothing came, which is no broken container.
        await self._work(self._pipe.end)
        if self._fault is None:
            self._made += self._resampler.flush()
        return self._heard(last=True)

    def close(self) -> None:
        """The thread ends by itself, soon."""
        self._pipe.stop()

    async def _work(self, give: Callable[[], None]) -> None:
        """Returns when the thread has made of it what can be made."""
        if self._over:
            return
        self._idle.clear()
        give()
        if self._thread.ident is None:
            self._thread.start()
        await self._idle.wait()

    def _heard(self, *, last: bool) -> Converted | Unintelligible:
        if self._fault is not None:
            return Unintelligible(self._fault)
        audio = bytes(self._made)
        self._made.clear()
        if audio:
            self._silent_bytes = 0
        if self._silent_bytes > _MAX_SILENT_BYTES:
            return Unintelligible(f"there is no sound in {_MAX_SILENT_BYTES} bytes of it")
        return Converted(audio, self._resampler.until_sample, last=last)

    # In the thread. While the loop waits for `idle`, it alone touches what both use.

    def _ran_dry(self) -> None:
        self._effort.done()
        self._tell(self._idle.set)

    def _read(self) -> None:
        fault = None
        self._effort.done()
        try:
            self._decode()
        except av.FFmpegError as error:
            fault = f"FFmpeg says: {error.strerror}"
        except ValueError as error:
            fault = str(error)
        finally:
            self._effort.done()
        self._tell(lambda: self._finished(fault))

    def _decode(self) -> None:
        """Raises ValueError for a container that holds something else, and FFmpegError for none."""
        with av.open(self._pipe, "r", format=self._demuxer, options=_PROMPTLY, buffer_size=_BUFFER_BYTES) as container:
            streams = container.streams
            if len(streams) != 1 or not streams.audio or streams.audio[0].codec_context.name != "opus":
                raise ValueError("it holds something other than one track of Opus")
            for frame in container.decode(streams.audio[0]):
                samples = frame.to_ndarray().astype(np.float32, copy=False).mean(axis=0)
                self._made += self._resampler.push(samples)
                if len(self._made) > _MAX_BYTES_AT_ONCE:
                    raise ValueError("there is more than a minute of sound in one message")
                self._effort.go_on()

    def _finished(self, fault: str | None) -> None:
        self._fault = fault
        self._over = True
        self._idle.set()

    def _tell(self, what: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:
            # The loop is closed: whoever listened is gone, and the process is about to be.
            return
