"""Which language model is used, and where it is served."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings


class LlmSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "LLM_"})

    base_url: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="address of an OpenAI-compatible API, as `http://localhost:8000/v1`; empty: no language model",
    )
    model: str = Field("meta-llama/Llama-3.1-8B-Instruct", min_length=1, description="the model's name at that address")
    api_key: SecretStr = Field(SecretStr(""), description="its key, where it wants one")
    timeout_s: float = Field(60.0, gt=0, description="seconds one request may take")
    retries: int = Field(
        1, ge=0, le=5, description="further tries after a timeout, a 429 or a 5xx, with growing pauses between"
    )

    @property
    def enabled(self) -> bool:
        return bool(self.base_url)
