"""WhisperLive with a model that answers at once: `python whisperlive_stub.py PORT`, by the Python of its environment.

Left out is all that its faster-whisper client does to make words of audio: loading the model, the voice detector,
spectrogram and recogniser (`transcribe_audio`). All else is its own: what it does with audio that comes, when it calls
the model (here once a second, for it waits for a second of audio that the model has not heard yet), what it makes of
the model's segments, and what it sends. Two words come for every second, as from somebody who speaks."""

import logging
import sys
from types import SimpleNamespace

import numpy as np
from whisper_live.backend.faster_whisper_backend import ServeClientFasterWhisper
from whisper_live.server import TranscriptionServer

_RATE = 16_000
_WORDS_PER_S = 2


def create_model(self: ServeClientFasterWhisper, _device: str) -> None:
    self.transcriber = SimpleNamespace()


def transcribe_audio(_self: ServeClientFasterWhisper, input_sample: np.ndarray) -> list[SimpleNamespace]:
    """All of it said, and nothing begun after it."""
    seconds = len(input_sample) / _RATE
    text = " word" * round(_WORDS_PER_S * seconds)
    return [
        SimpleNamespace(start=0.0, end=seconds, text=text, no_speech_prob=0.0),
        SimpleNamespace(start=seconds, end=seconds, text="", no_speech_prob=0.0),
    ]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    ServeClientFasterWhisper.create_model = create_model
    ServeClientFasterWhisper.transcribe_audio = transcribe_audio
    TranscriptionServer().run(
        "127.0.0.1",
        port=int(sys.argv[1]),
        backend="faster_whisper",
        faster_whisper_custom_model_path=".",
        single_model=True,
        max_clients=10_000,
        max_connection_time=3600,
    )
