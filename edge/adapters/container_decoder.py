"""Decodes Opus in WebM or Ogg, as browsers' MediaRecorder produces it, by PyAV (FFmpeg).

FFmpeg pulls: it asks for bytes and blocks until it has them. So each container is read from a pipe by a thread of its
own, and when the thread asks for more, everything fed so far has been decoded: an answer that begins between two
messages begins at the right sample. The container type and its codec are prescribed, so FFmpeg never guesses which of
its many parsers to run on untrusted bytes.

Opus frames can be so short that one message takes seconds to decode. Threads share the interpreter with the event loop,
so a thread that decodes for long sleeps as long as it works, and only one of all does so at a time: however many such
messages arrive, the loop has more than half of a core for everything else.
"""

import asyncio
import threading
import time
from collections.abc import Callable

import av
import numpy as np

from edge.adapters.resampling import Resampler
from edge.core.events import AudioDecoded, DecodeFailed
from schemas.audio import SAMPLE_BYTES, SAMPLE_RATE

_DEMUXERS = {"webm_opus": "matroska", "ogg_opus": "ogg"}
_NO_PROBING = {"probesize": "32", "analyzeduration": "0"}
"""So that the first words are not held back until FFmpeg is sure of the format."""
_BUFFER_BYTES = 4096
_OPUS_RATE = 48_000
_MAX_DECODED_BYTES = 60 * SAMPLE_RATE * SAMPLE_BYTES
"""Of one message: more than any page sends; a hostile client could put hours of silence into one."""
_MAX_BYTES_WITHOUT_AUDIO = 1024 * 1024
"""Headers with a picture in them pass; a stream without any audio does not."""
_TIME_SLICE_S = 0.02
"""Processor time before a thread must sleep: ten times what a message of 250 ms takes, and no longer than another
client may have to wait."""


class _CpuThrottle:
    """Limits one thread's work on a message. After a time slice, it must hold a lock to continue, and sleeps."""

    _lock = threading.Lock()

    def __init__(self) -> None:
        self._since_s = time.thread_time()
        self._has_lock = False

    def check(self) -> None:
        """To be called often; sleeps when a time slice is used up."""
        worked_s = time.thread_time() - self._since_s
        if worked_s < _TIME_SLICE_S:
            return
        if not self._has_lock:
            self._has_lock = self._lock.acquire()
        time.sleep(worked_s)
        self._since_s = time.thread_time()

    def done(self) -> None:
        """The message has been decoded, or given up."""
        if self._has_lock:
            self._lock.release()
            self._has_lock = False
        self._since_s = time.thread_time()


class _Pipe:
    """A growing file for FFmpeg to read. `on_drained` is called, in the reading thread, when everything is read."""

    def __init__(self, on_drained: Callable[[], None]) -> None:
        self._on_drained = on_drained
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
        """End here and drop what has not been read. PyAV would only log an exception raised in `read`."""
        with self._changed:
            self._waiting.clear()
            self._ended = True
            self._changed.notify()

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        with self._changed:
            if not self._ready():
                self._on_drained()
                self._changed.wait_for(self._ready)
            taken = bytes(self._waiting[:size])
            del self._waiting[:size]
            return taken

    def _ready(self) -> bool:
        return bool(self._waiting) or self._ended


class ContainerDecoder:
    """`edge.ports.AudioDecoder` for a container. Created on an event loop, which the thread reports to."""

    def __init__(self, encoding: str) -> None:
        self._demuxer = _DEMUXERS[encoding]
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._pipe = _Pipe(self._drained)
        self._throttle = _CpuThrottle()
        self._resampler = Resampler(_OPUS_RATE)
        self._decoded = bytearray()
        self._bytes_without_audio = 0
        self._fault: str | None = None
        self._over = False
        self._thread = threading.Thread(target=self._read, name=f"edge-{encoding}", daemon=True)

    async def decode(self, data: bytes) -> AudioDecoded | DecodeFailed:
        if not data:
            return self._result(last=False)
        self._bytes_without_audio += len(data)
        await self._work(lambda: self._pipe.feed(data))
        if self._over and self._fault is None:
            self._fault = "it continues after its own end"
        return self._result(last=False)

    async def flush(self) -> AudioDecoded | DecodeFailed:
        if self._thread.ident is None:
            return AudioDecoded(b"", 0, last=True)  # No data at all is not a broken container.
        await self._work(self._pipe.end)
        if self._fault is None:
            self._decoded += self._resampler.flush()
        return self._result(last=True)

    def close(self) -> None:
        """The thread ends soon, by itself."""
        self._pipe.stop()

    async def _work(self, feed: Callable[[], None]) -> None:
        """Returns when the thread has decoded all that it can."""
        if self._over:
            return
        self._idle.clear()
        feed()
        if self._thread.ident is None:
            self._thread.start()
        await self._idle.wait()

    def _result(self, *, last: bool) -> AudioDecoded | DecodeFailed:
        if self._fault is not None:
            return DecodeFailed(self._fault)
        audio = bytes(self._decoded)
        self._decoded.clear()
        if audio:
            self._bytes_without_audio = 0
        if self._bytes_without_audio > _MAX_BYTES_WITHOUT_AUDIO:
            return DecodeFailed(f"{_MAX_BYTES_WITHOUT_AUDIO} bytes of it hold no audio")
        return AudioDecoded(audio, self._resampler.until_sample, last=last)

    # In the thread. While the loop waits for `idle`, only the thread touches what both use.

    def _drained(self) -> None:
        self._throttle.done()
        self._call_in_loop(self._idle.set)

    def _read(self) -> None:
        fault = None
        self._throttle.done()
        try:
            self._decode_all()
        except av.FFmpegError as error:
            fault = f"FFmpeg reports: {error.strerror}"
        except ValueError as error:
            fault = str(error)
        finally:
            self._throttle.done()
        self._call_in_loop(lambda: self._finished(fault))

    def _decode_all(self) -> None:
        """Raises ValueError for a container of something else, FFmpegError for data that is not a container."""
        with av.open(
            self._pipe, "r", format=self._demuxer, options=_NO_PROBING, buffer_size=_BUFFER_BYTES
        ) as container:
            streams = container.streams
            if len(streams) != 1 or not streams.audio or streams.audio[0].codec_context.name != "opus":
                raise ValueError("it holds something other than one track of Opus")
            for frame in container.decode(streams.audio[0]):
                samples = frame.to_ndarray().astype(np.float32, copy=False).mean(axis=0)
                self._decoded += self._resampler.push(samples)
                if len(self._decoded) > _MAX_DECODED_BYTES:
                    raise ValueError("one message holds more than a minute of audio")
                self._throttle.check()

    def _finished(self, fault: str | None) -> None:
        self._fault = fault
        self._over = True
        self._idle.set()

    def _call_in_loop(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:
            # The loop is closed: the process is about to end.
            return
