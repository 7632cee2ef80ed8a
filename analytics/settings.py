"""Settings of the analytics stage."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from infra.setting_markers import ListeningPort
from infra.settings import Settings


class AnalyticsSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "ANALYTICS_"})

    host: str = Field("127.0.0.1", description="address of the HTTP API and the pages")
    port: Annotated[int, ListeningPort("page", "http://localhost:{port}")] = Field(
        8080, ge=0, le=65535, description="port of the HTTP API and the pages; 0: any free one"
    )
    public_leaderboards: bool = Field(True, description="whether leaderboards may be read without a token")
    development: bool = Field(
        True,
        description="whether an unknown competition is created on first use, and user ids are shown without a token",
    )
    edge_url: str = Field(
        "",
        pattern=r"^(wss?://[^\s/?#]+(/[^\s?#]*)?)?$",
        description="the edge's address for browsers, `wss://host`; empty: the edge on this machine",
    )
