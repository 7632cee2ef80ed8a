"""What a transcriber can be told."""

import os
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings
from processors.transcribe.core.whisper.recognition import DecodingThresholds

DEMO_MESSAGE = "demo recogniser: understands only the bundled recordings; for your own voice: make up MODEL=base.en"
"""Shown to clients and by `rostrum up` while the bundled model is in use."""


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
    workers: int = Field(
        0,
        ge=0,
        description="batches heard at the same time; 0: one per core, on a GPU one, which a batch can fill",
    )
    cpu_threads: int = Field(1, ge=0, description="threads of one worker; 0: CTranslate2's choice")
    max_batch_size: int = Field(
        0,
        ge=0,
        le=256,
        description="most windows, of any sessions, in one call of the model; 0: 32 on a GPU, which one "
        "window does not fill, and on a CPU 2, where more cost as much and make the first wait for the last, or 4 if "
        "the encoder's input is short",
    )
    encoder_frames: int = Field(
        0,
        ge=0,
        le=3000,
        description="least length of the encoder's input, in frames of 10 ms; 0: 3000, as published models need, or "
        "500 for the demo recogniser; less is faster",
    )
    prompt_words: int = Field(
        0,
        ge=0,
        le=12,
        description="certain words before a window that the model is told; it may then keep to a name's spelling, or "
        "repeat itself",
    )
    temperature_fallback: bool = Field(
        True,
        description="whether a text that fails the next two thresholds is decoded again at higher temperatures, as "
        "Whisper does; without it the same audio always gives the same words",
    )
    compression_ratio_threshold: float = Field(
        2.4, gt=1, description="a text that compresses better repeats itself (Whisper's own threshold)"
    )
    log_prob_threshold: float = Field(
        -1.0, lt=0, description="a text of lower mean log probability is a guess (Whisper's own threshold)"
    )
    no_speech_threshold: float = Field(
        0.6,
        ge=0,
        le=1,
        description="a guess in a window that is silent with a higher probability is nothing (Whisper's own threshold)",
    )
    group_instance_id: str = Field(
        "",
        description="a name that this process keeps when it is started anew: its partitions are then kept for it for "
        "6 s, and the others notice nothing; empty: none, and when it is killed all transcribers stand still for up to "
        "6 s. No two processes may have the same",
    )
    max_buffered_frames: int = Field(
        8000,
        ge=100,
        description="audio frames (8 kB each) of one partition that may wait in memory before no more are read",
    )
    policy: Literal["local_agreement", "single_pass"] = Field(
        "single_pass",
        description="when a word is certain: `local_agreement`, once hypotheses in a row agree on it; `single_pass`, "
        "once it ends a set time before its window does",
    )
    local_agreement_n: int = Field(
        2, ge=2, le=5, description="hypotheses in a row that must agree on a word (`local_agreement`)"
    )
    hold_back_ms: int = Field(
        600,
        ge=0,
        le=5000,
        description="newest part of a window in which no word is certain (`single_pass`): a word at the edge is often "
        "heard wrong; shorter is sooner, longer is surer",
    )
    window_frames: int = Field(
        2, ge=1, le=40, description="new audio frames (250 ms) that make a window due: fewer is sooner and costs more"
    )
    busy_window_frames: int = Field(
        4,
        ge=1,
        le=40,
        description="new audio frames that windows wait for while the model works more than half of the time; only if "
        "windows coalesce",
    )
    coalesce_windows: bool = Field(
        True,
        description="whether frames that come while a window waits for its turn join it, so that load costs delay and "
        "nothing else; without it the same log makes the same windows, for exact replays",
    )
    buffer_trim_ms: int = Field(
        0, ge=0, description="buffer length from which audio before certain words goes; 0: half of the model's window"
    )
    endpointing_ms: int = Field(
        500,
        ge=100,
        le=10_000,
        description="silence after which what was said before it is heard a last time and is certain; shorter tears "
        "sentences apart, longer keeps their last words back",
    )
    vad: bool = Field(
        True, description="voice activity detection; without it silence goes to the model, and no pause is noticed"
    )
    vad_threshold: float = Field(
        0.5, gt=0, le=1, description="probability of speech from which on somebody speaks: Silero's own threshold"
    )
    vad_neg_threshold: float = Field(
        0.35,
        ge=0,
        lt=1,
        description="probability below which nobody speaks any more: lower than the other, so that a word is not cut "
        "where its voice is weak",
    )
    vad_min_speech_ms: int = Field(
        64, ge=32, le=1000, description="shorter sounds are no speech: a click is shorter, the shortest word is not"
    )
    vad_min_silence_ms: int = Field(
        96, ge=32, le=2000, description="shorter silences are inside a word: a stop consonant closes for less"
    )
    vad_pad_before_ms: int = Field(
        300, ge=0, le=2000, description="kept before speech: a word's soft beginning, and silence the model expects"
    )
    vad_pad_after_ms: int = Field(
        200,
        ge=0,
        le=2000,
        description="kept after speech: the fading end of a word; at most `TRANSCRIBE_ENDPOINTING_MS`",
    )

    @model_validator(mode="after")
    def _vad_is_consistent(self) -> Self:
        if self.vad_neg_threshold > self.vad_threshold:
            raise ValueError("TRANSCRIBE_VAD_NEG_THRESHOLD must not be over TRANSCRIBE_VAD_THRESHOLD")
        if self.vad_pad_after_ms > self.endpointing_ms:
            raise ValueError(
                "TRANSCRIBE_VAD_PAD_AFTER_MS must not be over TRANSCRIBE_ENDPOINTING_MS: a pause would end before the "
                "speech does"
            )
        return self

    def worker_count(self, on_gpu: bool) -> int:
        return self.workers or (1 if on_gpu else os.cpu_count() or 1)

    def batch_size(self, on_gpu: bool, is_short: bool) -> int:
        return self.max_batch_size or (32 if on_gpu else 4 if is_short else 2)

    @property
    def checks(self) -> DecodingThresholds:
        return DecodingThresholds(self.compression_ratio_threshold, self.log_prob_threshold, self.no_speech_threshold)
