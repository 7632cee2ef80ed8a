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
    username: str = Field("default", description="user of the server")
    password: SecretStr = Field(SecretStr(""), description="that user's password")
    database: str = Field(
        "rostrum", pattern="^[A-Za-z_][A-Za-z0-9_]*$", description="database of all tables; made if missing"
    )
    ca_file: str = Field(
        "", description="file of the authority that signed the server's certificate; empty: the system's"
    )
    query_timeout_s: int = Field(30, gt=0, description="seconds a query may take")
    max_concurrent_queries: int = Field(
        2, ge=1, le=64, description="queries that may run at the same time, beside the one writer"
    )
    max_memory_mb: int = Field(512, ge=128, description="memory that the embedded engine's queries may take together")

    @property
    def is_embedded(self) -> bool:
        return not self.url
