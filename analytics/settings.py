"""Settings of the analytics stage."""

from pydantic import Field
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
    """Where this machine's edge listens: the page is told."""

    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "EDGE_"})

    port: int = Field(8443, ge=0, le=65535, description="port of the WebSocket over TLS")
    plain_port: int = Field(8444, ge=0, le=65535, description="port of the plain WebSocket, on loopback only; 0: none")
