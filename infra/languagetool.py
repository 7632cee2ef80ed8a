"""Settings of the LanguageTool server."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings


class LanguageToolSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "LANGUAGETOOL_"})

    url: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="address of a LanguageTool server; empty: the local one that `rostrum up` starts",
    )
    port: int = Field(8081, ge=1, le=65535, description="port of the local LanguageTool server")

    @property
    def is_local(self) -> bool:
        return not self.url

    @property
    def address(self) -> str:
        """Base address of its HTTP API, without a trailing slash; `/v2/check` is appended to it."""
        return self.url.rstrip("/") or f"http://127.0.0.1:{self.port}"
