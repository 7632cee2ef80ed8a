"""Rostrum's internal audio format: 16 kHz, mono, signed 16-bit little-endian, in frames of 250 ms."""

SAMPLE_RATE = 16_000
FRAME_MS = 250
FRAME_SAMPLES = SAMPLE_RATE * FRAME_MS // 1000
SAMPLE_BYTES = 2
FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES


def samples_to_ms(samples: int) -> int:
    """Milliseconds from the session's first sample to this one."""
    return samples * 1000 // SAMPLE_RATE


def ms_to_samples(ms: int) -> int:
    """Number of the sample at this many milliseconds from the session's first."""
    return ms * SAMPLE_RATE // 1000
