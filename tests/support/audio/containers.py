"""Opus containers as a browser makes them."""

import io
from typing import Literal

import av
import numpy as np

RATE = 48_000


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Half of full scale."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def recorded(
    kind: Literal["webm", "ogg"],
    seconds: float,
    *,
    channels: Literal[1, 2] = 1,
    codec: str = "libopus",
    bits_per_s: int = 0,
) -> bytes:
    """A container with a tone in it, with clusters of 250 ms as MediaRecorder's `timeslice` makes them."""
    file = io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    with av.open(file, "w", format=kind, options={"cluster_time_limit": "250"} if kind == "webm" else {}) as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        if bits_per_s:
            stream.bit_rate = bits_per_s
        samples = np.rint(np.repeat(tone(seconds), channels) * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate, frame.pts = RATE, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file.getvalue()
