"""WhisperLive with a model that answers at once: `python whisperlive_stub.py PORT`, by the Python of its environment.

Left out is everything that its faster-whisper client does to turn audio into words: loading the model, VAD, spectrogram
and recogniser (`transcribe_audio`). The rest is its own: what it does with incoming audio, when it calls the model
(here once a second, since it waits for a second of audio that the model has not had yet), what it makes of the model's
segments, and what it sends. Each second brings two words, as from a speaker who does not pause."""

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
    """A segment that covers all of it, and an empty one after it."""
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
