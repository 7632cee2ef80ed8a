"""Settings of the language model: which one, and where it is served."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings

ResponseFormat = Literal["json_schema", "json_object_with_schema", "json_object"]


class LlmSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "LLM_"})

    base_url: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="address of an OpenAI-compatible API, such as `http://localhost:8000/v1`; empty: no language model",
    )
    model: str = Field("meta-llama/Llama-3.1-8B-Instruct", min_length=1, description="the model's name at that address")
    api_key: SecretStr = Field(SecretStr(""), description="its API key, if it needs one")
    response_format: ResponseFormat = Field(
        "json_schema",
        description="how the server is told the schema of an answer: `json_schema` (vLLM, OpenAI, Ollama), "
        "`json_object_with_schema` (llama.cpp), or `json_object`: in the prompt, for servers without schema support",
    )
    request_timeout_s: float = Field(60.0, gt=0, description="seconds one request may take")
    max_retries: int = Field(
        3,
        ge=0,
        le=10,
        description="retries after a timeout, a lost connection, a 429, a 5xx or an invalid answer, with exponential "
        "backoff or the delay that the server asks for; never after a request that it rejects",
    )
    max_concurrency: int = Field(
        64, ge=1, le=1024, description="maximum number of concurrent requests per process; further ones wait"
    )

    @property
    def enabled(self) -> bool:
        return bool(self.base_url)
