"""The transcriber's settings."""

import os
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from infra.setting_markers import ProcessIndex
from infra.settings import Settings
from infra.speech_models.catalogue import DEFAULT_MODEL
from processors.transcribe.core.whisper.recognition import DecodingThresholds

STAGE = "transcribe"
"""The stage's name: in logs, and in the name of its consumer group."""
DEMO_MESSAGE = (
    "whisper-micro, the tests' recogniser: understands only its own recordings. For voices, unset TRANSCRIBE_MODEL"
)
"""Shown to clients and by `rostrum up` while that model is in use."""


class TranscribeSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "TRANSCRIBE_"})

    model: str = Field(
        DEFAULT_MODEL,
        description="name of a published Whisper model, which is downloaded once (`rostrum models` lists them); a "
        "repository of a converted model on the model hub; or the folder of one. `whisper-micro`: the tests' "
        "recogniser, which understands no human voice",
    )
    device: str = Field("auto", description="`cpu`, `cuda`, or `auto`: a GPU if there is one")
    compute_type: str = Field(
        "default",
        description="CTranslate2's number format: `int8`, `float16`, …; `default`: `int8` on a CPU, `float16` on a GPU",
    )
    beam_size: int = Field(1, ge=1, le=10, description="beam width: hypotheses that decoding follows at once")
    workers: int = Field(
        0,
        ge=0,
        description="batches recognised at the same time; 0: one per core, or one on a GPU, which a single batch fills",
    )
    cpu_threads: int = Field(1, ge=0, description="threads of one worker; 0: CTranslate2's choice")
    max_batch_size: int = Field(
        0,
        ge=0,
        le=256,
        description="most windows, of any sessions, in one call of the model; 0: 32 on a GPU, which one window does "
        "not fill; 2 on a CPU, where larger batches save nothing and delay their first windows, or 4 if the encoder's "
        "input is short",
    )
    encoder_frames: int = Field(
        0,
        ge=0,
        le=3000,
        description="minimum length of the encoder's input, in frames of 10 ms; 0: 3000, as published models need, or "
        "500 for whisper-micro; less is faster",
    )
    prompt_words: int = Field(
        0,
        ge=0,
        le=12,
        description="confirmed words before a window that the model gets as its prompt; it may then keep to a name's "
        "spelling, or repeat itself",
    )
    temperature_fallback: bool = Field(
        True,
        description="whether a text that fails one of the next two thresholds is decoded again at higher temperatures, "
        "as Whisper does; without this, the same audio always gives the same words",
    )
    compression_ratio_threshold: float = Field(
        2.4, gt=1, description="a text that compresses better is taken for a repetition (Whisper's own threshold)"
    )
    log_prob_threshold: float = Field(
        -1.0,
        lt=0,
        description="a text with a lower mean log probability is taken for a guess (Whisper's own threshold)",
    )
    no_speech_threshold: float = Field(
        0.6,
        ge=0,
        le=1,
        description="a guess is dropped if the probability that its window holds no speech is higher (Whisper's own "
        "threshold)",
    )
    group_instance_id: Annotated[str, ProcessIndex()] = Field(
        "",
        description="static group membership: a name that this process keeps across restarts. Its partitions then wait "
        "for it for 6 s, and the other transcribers are not interrupted; if empty, killing it stops all transcribers "
        "for up to 6 s. No two processes may have the same name",
    )
    max_buffered_frames: int = Field(
        8000,
        ge=100,
        description="audio frames (8 kB each) of one partition that may wait in memory before its reading is paused",
    )
    policy: Literal["local_agreement", "single_pass"] = Field(
        "single_pass",
        description="when a word is confirmed: `local_agreement`, once hypotheses in a row agree on it; `single_pass`, "
        "once it ends a set time before its window does",
    )
    local_agreement_n: int = Field(
        2, ge=2, le=5, description="hypotheses in a row that must agree on a word (`local_agreement`)"
    )
    hold_back_ms: int = Field(
        600,
        ge=0,
        le=5000,
        description="newest part of a window, in which no word is confirmed (`single_pass`): a word at the edge is "
        "often wrong; shorter is sooner, longer is surer",
    )
    window_frames: int = Field(
        2,
        ge=1,
        le=40,
        description="new audio frames (250 ms each) that make a window due: fewer is sooner and costs more",
    )
    busy_window_frames: int = Field(
        4,
        ge=1,
        le=40,
        description="new audio frames that windows wait for while the model is busy more than half of the time; only "
        "if windows coalesce",
    )
    coalesce_windows: bool = Field(
        True,
        description="whether frames that arrive while a window waits for its turn join it, so that load costs delay "
        "and nothing else; without this, the same log makes the same windows, for exact replays",
    )
    buffer_trim_ms: int = Field(
        0,
        ge=0,
        description="buffer length above which audio before confirmed words is removed; 0: half of the model's window",
    )
    endpointing_ms: int = Field(
        500,
        ge=100,
        le=10_000,
        description="silence that ends an utterance: what was said before it is recognised a last time and confirmed; "
        "shorter tears sentences apart, longer keeps their last words back",
    )
    vad: bool = Field(
        True,
        description="voice activity detection; without it, silence goes to the model, and the end of an utterance is "
        "not detected",
    )
    vad_threshold: float = Field(
        0.5, gt=0, le=1, description="probability above which speech begins: Silero's own threshold"
    )
    vad_neg_threshold: float = Field(
        0.35,
        ge=0,
        lt=1,
        description="probability below which speech ends: lower than the other, so that a word is not cut where the "
        "voice is weak",
    )
    vad_min_speech_ms: int = Field(
        64, ge=32, le=1000, description="shorter sounds are not speech: a click is shorter, the shortest word is not"
    )
    vad_min_silence_ms: int = Field(
        96, ge=32, le=2000, description="shorter silences are part of a word: a stop consonant is silent for less"
    )
    vad_pad_before_ms: int = Field(
        300,
        ge=0,
        le=2000,
        description="audio kept before speech: a word's soft beginning, and the silence that the model expects",
    )
    vad_pad_after_ms: int = Field(
        200,
        ge=0,
        le=2000,
        description="audio kept after speech: the fading end of a word; at most `TRANSCRIBE_ENDPOINTING_MS`",
    )

    @model_validator(mode="after")
    def _vad_is_consistent(self) -> Self:
        if self.vad_neg_threshold > self.vad_threshold:
            raise ValueError("TRANSCRIBE_VAD_NEG_THRESHOLD must not be above TRANSCRIBE_VAD_THRESHOLD")
        if self.vad_pad_after_ms > self.endpointing_ms:
            raise ValueError(
                "TRANSCRIBE_VAD_PAD_AFTER_MS must not be above TRANSCRIBE_ENDPOINTING_MS: an utterance would end "
                "before its speech does"
            )
        return self

    def worker_count(self, on_gpu: bool) -> int:
        return self.workers or (1 if on_gpu else os.cpu_count() or 1)

    def batch_size(self, on_gpu: bool, is_short: bool) -> int:
        return self.max_batch_size or (32 if on_gpu else 4 if is_short else 2)

    @property
    def decoding_thresholds(self) -> DecodingThresholds:
        return DecodingThresholds(self.compression_ratio_threshold, self.log_prob_threshold, self.no_speech_threshold)
