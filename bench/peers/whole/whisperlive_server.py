"""Starts WhisperLive, whose wheel has no launcher, by the Python of its own environment. Batched, and with limits that
refuse none of the benchmark's clients.

    python whisperlive_server.py PORT MODEL CHUNK_SECONDS"""

import logging
import sys

from whisper_live.backend.faster_whisper_backend import ServeClientFasterWhisper
from whisper_live.server import TranscriptionServer

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    ServeClientFasterWhisper.BATCH_MAX_CHUNK_S = int(sys.argv[3])
    TranscriptionServer().run(
        "127.0.0.1",
        port=int(sys.argv[1]),
        backend="faster_whisper",
        faster_whisper_custom_model_path=sys.argv[2],
        single_model=True,
        max_clients=64,
        max_connection_time=3600,
        batch_enabled=True,
        batch_max_admissions_per_s=100.0,
        batch_max_queue_wait_s=60.0,
        batch_beam_size=1,
    )
