"""What a transcriber can be told."""

import os

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings


class TranscribeSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "TRANSCRIBE_"})

    model: str = Field(
        "",
        description="folder of a converted Whisper model, or the name of a published one; empty: `base.en` or `small` "
        "if this machine has it, else the demo recogniser",
    )
    device: str = Field("auto", description="`cpu`, `cuda`, or `auto`: a GPU if there is one")
    compute_type: str = Field(
        "default", description="CTranslate2's number format: `default` (as the model is stored), `int8`, `float16`, …"
    )
    beam_size: int = Field(1, ge=1, le=10, description="hypotheses that decoding follows at once")
    workers: int = Field(0, ge=0, description="windows heard at the same time; 0: one per core")
    cpu_threads: int = Field(1, ge=0, description="threads of one worker; 0: CTranslate2's choice")
    backlog_frames: int = Field(
        8000,
        ge=100,
        description="audio frames (8 kB each) of one partition that may wait in memory before no more are read",
    )

    @property
    def worker_count(self) -> int:
        return self.workers or os.cpu_count() or 1
