"""Settings of the questions stage."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings


class QuestionsSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "QUESTIONS_"})

    llm_deadline_s: float = Field(
        3.0,
        gt=0,
        description="seconds after a session's start within which the language model may write its questions; "
        "after that they come from the question bank",
    )
    max_concurrency: int = Field(16, ge=1, le=256, description="maximum number of sessions handled at the same time")
