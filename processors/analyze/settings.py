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
        description="errors that depend on a word recognised with a lower probability are uncertain and not counted",
    )
    llm_deadline_s: float = Field(
        90.0,
        gt=0,
        le=240,
        description="seconds that the language model may take for a session's report; after that it is made by rules",
    )
    languagetool_timeout_s: float = Field(
        20.0, gt=0, le=60, description="seconds that one request to LanguageTool may take"
    )
    max_concurrency: int = Field(8, ge=1, le=256, description="maximum number of reports made at the same time")
    retry_deadline_s: float = Field(
        240.0,
        gt=0,
        le=270,
        description="seconds, over all attempts, after which a report that cannot be made is given up: the session "
        "goes to the dead letters and its client is told",
    )
    curriculum: DirectoryPath | None = Field(
        None, description="folder of lessons (TOML) that replace bundled lessons of the same name; empty: none"
    )
