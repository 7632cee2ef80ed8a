"""Settings of the analyze stage."""

from pydantic import DirectoryPath, Field
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings


class AnalyzeSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "ANALYZE_"})

    min_word_probability: float = Field(
        0.5,
        ge=0,
        le=1,
        description="errors that rest on a word heard with a lower probability than this are uncertain and not counted",
    )
    llm_deadline_s: float = Field(
        90.0,
        gt=0,
        le=240,
        description="seconds a language model may take for a session's report; then it is made by rules",
    )
    languagetool_timeout_s: float = Field(20.0, gt=0, le=60, description="seconds one request to LanguageTool may take")
    max_concurrency: int = Field(8, ge=1, le=256, description="reports that are made at the same time")
    retry_deadline_s: float = Field(
        240.0,
        gt=0,
        le=270,
        description="seconds after which a report that could not be made, all tries together, is given up: the session "
        "goes to the dead letters and its speaker is told",
    )
    curriculum: DirectoryPath | None = Field(
        None, description="folder of lessons (TOML) to study in place of bundled ones of the same name; empty: none"
    )
