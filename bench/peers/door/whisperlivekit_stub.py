"""WhisperLiveKit with a model that answers at once: `python whisperlivekit_stub.py OPTIONS`, by the Python of its own
environment; the options are its server's.

Left out are the model's loading and the `transcribe` of its faster-whisper backend. To be run with `--no-vac`, so that
its VAD, which runs in its event loop, is left out too. The rest is its own: queues and tasks, LocalAgreement, trimming,
and the whole text so far sent to the client with every change. Each second brings two words, as from a speaker who does
not pause, and each pass brings the same ones, so that they agree."""

from types import SimpleNamespace

import numpy as np
from whisperlivekit.local_agreement.backends import FasterWhisperASR

_RATE = 16_000
_WORD_S = 0.5
_WORDS = (" one", " two", " three", " four", " five", " six", " seven", " eight")
"""A segment of four seconds. The server cuts its buffer where a segment ends, so words stay the same after that."""


def load_model(*_given: object) -> None:
    """Loads nothing."""


def transcribe(_self: FasterWhisperASR, audio: np.ndarray, **_options: object) -> list[SimpleNamespace]:
    count = int(len(audio) / _RATE / _WORD_S)
    words = [
        SimpleNamespace(start=_WORD_S * at, end=_WORD_S * (at + 1), word=_WORDS[at % len(_WORDS)], probability=0.9)
        for at in range(count)
    ]
    segments = [words[begin : begin + len(_WORDS)] for begin in range(0, count, len(_WORDS))]
    return [SimpleNamespace(end=segment[-1].end, words=segment, no_speech_prob=0.0) for segment in segments]


if __name__ == "__main__":
    FasterWhisperASR.load_model = load_model
    FasterWhisperASR.transcribe = transcribe
    # It reads the command line when it is imported.
    from whisperlivekit.basic_server import main

    main()
