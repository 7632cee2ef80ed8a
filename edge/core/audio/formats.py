"""The audio formats that a client may announce, and their sizes."""

from dataclasses import dataclass

from schemas.audio import FRAME_MS, SAMPLE_RATE
from schemas.wire import MAX_MESSAGE_BYTES, AudioFormat

SAMPLE_RATES = (8_000, 16_000, 24_000, 32_000, 44_100, 48_000)
CHANNELS = (1, 2)
CONTAINERS = ("webm_opus", "ogg_opus")
_SAMPLE_BYTES = {"pcm_s16le": 2, "pcm_f32le": 4}

SUPPORTED = (
    f"{' and '.join(_SAMPLE_BYTES)} at {', '.join(map(str, SAMPLE_RATES))} Hz with 1 or 2 channels, "
    f"{' and '.join(CONTAINERS)}"
)
"""The supported formats, in a reader's words."""


@dataclass(frozen=True)
class InputFormat:
    """The format of a client's audio."""

    encoding: str
    sample_rate: int
    channels: int
    block_bytes: int
    """One sample of every channel; 1 in a container, which may be split anywhere."""

    @property
    def is_container(self) -> bool:
        """Whether a container says what is in it, whatever rate and channels were announced."""
        return self.encoding in CONTAINERS

    @property
    def canonical(self) -> bool:
        """Whether it is the log's own format, so that nothing has to be decoded."""
        return (self.encoding, self.sample_rate, self.channels) == ("pcm_s16le", SAMPLE_RATE, 1)

    @property
    def frame_bytes(self) -> int:
        """Bytes of 250 ms; 0 in a container, where a frame has no fixed size."""
        return 0 if self.is_container else self.sample_rate * FRAME_MS // 1000 * self.block_bytes

    @property
    def message_bytes(self) -> int:
        """The largest message: a second of audio."""
        return MAX_MESSAGE_BYTES if self.is_container else self.sample_rate * self.block_bytes


def supported_format(audio: AudioFormat) -> InputFormat | None:
    """The announced format; None if it is not supported."""
    if audio.encoding in CONTAINERS:
        return InputFormat(audio.encoding, audio.sample_rate, audio.channels, block_bytes=1)
    sample_bytes = _SAMPLE_BYTES.get(audio.encoding)
    if sample_bytes is None or audio.sample_rate not in SAMPLE_RATES or audio.channels not in CHANNELS:
        return None
    return InputFormat(audio.encoding, audio.sample_rate, audio.channels, sample_bytes * audio.channels)


CANONICAL = InputFormat("pcm_s16le", SAMPLE_RATE, 1, block_bytes=2)
"""The log's own format."""
