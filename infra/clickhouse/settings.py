"""Settings of ClickHouse: a server, or the engine embedded in the analytics process."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings


class ClickHouseSettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "CLICKHOUSE_"})

    url: str = Field(
        "",
        pattern=r"^(https?://[^\s/@]+/?)?$",
        description="`http(s)://host:port` of a server; empty: embedded, in `ROSTRUM_DATA/clickhouse`",
    )
    username: str = Field("default", description="user name on the server")
    password: SecretStr = Field(SecretStr(""), description="that user's password")
    database: str = Field(
        "rostrum", pattern="^[A-Za-z_][A-Za-z0-9_]*$", description="database of all tables; created if missing"
    )
    ca_file: str = Field("", description="file of the server's certificate authority; empty: the system's authorities")
    query_timeout_s: int = Field(30, gt=0, description="seconds a query may take")
    max_concurrent_queries: int = Field(
        2, ge=1, le=64, description="maximum number of concurrent queries, in addition to the one writer"
    )
    max_memory_mb: int = Field(
        512, ge=128, description="memory limit in MB of the embedded engine's queries, all together"
    )

    @property
    def is_embedded(self) -> bool:
        return not self.url
