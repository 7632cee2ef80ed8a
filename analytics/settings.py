"""Settings of the analytics stage."""

from typing import Any

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings


class AnalyticsSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "ANALYTICS_"})

    host: str = Field("127.0.0.1", description="address of the HTTP API and the pages")
    port: int = Field(8080, ge=0, le=65535, description="port of the HTTP API and the pages; 0: any free one")
    public_leaderboards: bool = Field(True, description="whether leaderboards may be read without a token")
    development: bool = Field(
        True, description="whether an unknown competition is made on first use, and boards tell everybody users' ids"
    )
    edge_url: str = Field(
        "",
        pattern=r"^(wss?://[^\s/?#]+(/[^\s?#]*)?)?$",
        description="address of the edge as browsers reach it, `wss://host`; empty: the one on this machine",
    )


class EdgePorts(Settings):
    """Where this machine's edge listens, for the page: the edge's own settings, read here because stages do not import
    each other."""

    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "EDGE_", "env_ignore_empty": False})

    port: int = Field(8443, ge=0, le=65535, description="port of wss; 0: any free one")
    plain_port: int = Field(
        8444,
        ge=0,
        le=65535,
        description="port of plain ws, for pages on this machine or behind a proxy that ends TLS; 0 or empty: none",
    )

    @model_validator(mode="before")
    @classmethod
    def _handle_empty(cls, given: dict[str, Any]) -> dict[str, Any]:
        plain = {"plain_port": 0} if given.get("plain_port") == "" else {}
        return {name: value for name, value in given.items() if value != ""} | plain
