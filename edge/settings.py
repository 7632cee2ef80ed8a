"""The edge's settings."""

from typing import Any

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings


class EdgeSettings(Settings):
    # Empty values are handled below: an empty EDGE_PLAIN_PORT means "none", not the default.
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "EDGE_", "env_ignore_empty": False})

    host: str = Field("127.0.0.1", description="address that clients reach the edge's wss port at; `0.0.0.0`: any")
    port: int = Field(8443, ge=0, le=65535, description="port of wss; 0: any free one")
    plain_port: int = Field(
        8444,
        ge=0,
        le=65535,
        description="port of plain ws, on loopback only, for pages on this machine; 0 or empty: none",
    )
    tls_cert: str = Field(
        "", description="PEM file with the certificate and its chain; empty: a development one is made"
    )
    tls_key: str = Field("", description="PEM file with the certificate's key")
    ordinal: int = Field(0, ge=0, description="number of this edge among all edges; its partition of `replies`")
    resume_secret: SecretStr = Field(
        SecretStr(""),
        description="secret that signs resume tokens, the same for all edges; empty: derived from the login's",
    )

    @model_validator(mode="before")
    @classmethod
    def _handle_empty(cls, given: dict[str, Any]) -> dict[str, Any]:
        plain = {"plain_port": 0} if given.get("plain_port") == "" else {}
        return {name: value for name, value in given.items() if value != ""} | plain

    @model_validator(mode="after")
    def _certificate_and_key(self) -> "EdgeSettings":
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("EDGE_TLS_CERT and EDGE_TLS_KEY go together: set both or neither")
        return self
