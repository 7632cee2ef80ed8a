"""Splits audio, in whatever pieces it arrives, into the log's frames of 250 ms."""

from dataclasses import dataclass

from schemas.audio import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_BYTES


@dataclass(frozen=True)
class Framing:
    """What has arrived so far."""

    rest: bytes = b""
    """Audio that does not fill a frame yet."""
    samples: int = 0
    """How many have arrived in all."""

    def push(self, audio: bytes) -> "tuple[Framing, tuple[bytes, ...]]":
        """The frames that are full now. Raises ValueError for audio that is not a whole number of samples."""
        if len(audio) % SAMPLE_BYTES:
            raise ValueError(f"{len(audio)} bytes are not a whole number of {SAMPLE_BYTES}-byte samples")
        if not self.rest and len(audio) == FRAME_BYTES:
            return Framing(b"", self.samples + FRAME_SAMPLES), (audio,)  # The size that most clients send.
        held = self.rest + audio
        whole = len(held) - len(held) % FRAME_BYTES
        frames = tuple(held[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES))
        return Framing(held[whole:], self.samples + len(audio) // SAMPLE_BYTES), frames

    def flush(self) -> "tuple[Framing, tuple[bytes, ...]]":
        """The last, shorter frame, if anything is left over."""
        return Framing(b"", self.samples), (self.rest,) if self.rest else ()
