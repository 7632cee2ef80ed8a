"""The edge's settings."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator

from edge.core.admission.handshake import HandshakeRules, networks
from infra.setting_markers import ProcessIndex
from infra.settings import EdgePortSettings, separated


class EdgeSettings(EdgePortSettings):
    host: str = Field("127.0.0.1", description="address that clients reach the edge's wss port at; `0.0.0.0`: any")
    plain_host: str = Field(
        "127.0.0.1", description="address of the plain port; beyond loopback only with EDGE_TRUSTED_PROXIES"
    )
    trusted_proxies: str = Field(
        "",
        description="addresses or networks of proxies, separated by commas, whose X-Forwarded-For is trusted",
    )
    allowed_origins: str = Field(
        "",
        description="origins of pages that may connect, separated by commas; empty: the same host's, any on loopback",
    )
    max_connections: int = Field(2000, ge=0, description="concurrent connections in total; 0: any number")
    max_connections_per_address: int = Field(
        1000, ge=0, description="concurrent connections from one address (IPv6: one /64); 0: any number"
    )
    max_sessions_per_user: int = Field(
        8,
        ge=0,
        description="concurrent sessions of a user at this edge, unless their token has `max_sessions`; 0: any number",
    )
    admission_max_lag_s: float = Field(
        2.5,
        ge=0,
        description="seconds of audio by which the transcriber may be behind before no more sessions may start; more "
        "admits more speakers, who all wait longer for their words; 0: no limit",
    )
    admission_burst: int = Field(
        4,
        ge=1,
        description="sessions that may start within 5 s while few are running, since their load shows only then; "
        "with more running, as many as those",
    )
    max_ingest_rate: int = Field(8, ge=1, description="times real time at which a recording may be sent")
    ingest_burst_s: int = Field(30, ge=1, description="seconds of audio that may arrive above that rate")
    token_expiry_notice_s: float = Field(
        60.0, ge=0, description="seconds before a token expires at which its client is notified"
    )
    tls_cert: str = Field(
        "", description="PEM file with the certificate and its chain; empty: a development certificate is created"
    )
    tls_key: str = Field("", description="PEM file with the certificate's key")
    ordinal: Annotated[int, ProcessIndex()] = Field(
        0, ge=0, description="number of this edge among all edges; its partition of `replies`"
    )
    resume_secret: SecretStr = Field(
        SecretStr(""),
        description="secret that signs resume tokens, the same for all edges; empty: derived from the login's",
    )
    resume_secret_previous: SecretStr = Field(
        SecretStr(""),
        description="the previous secret, still accepted: set it for 2 h when EDGE_RESUME_SECRET changes",
    )
    produce_timeout_s: float = Field(
        40.0, gt=0, description="seconds that Kafka may take to accept a record; then the client is asked to reconnect"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, names: str) -> str:
        networks(separated(names))
        return names

    @property
    def handshake_rules(self) -> HandshakeRules:
        """Who may connect."""
        return HandshakeRules(
            networks(separated(self.trusted_proxies)),
            tuple(origin.lower().rstrip("/") for origin in separated(self.allowed_origins)),
            self.max_connections,
            self.max_connections_per_address,
        )

    @model_validator(mode="after")
    def _plain_stays_close(self) -> "EdgeSettings":
        if self.plain_port and not (_is_loopback(self.plain_host) or self.trusted_proxies):
            raise ValueError(
                "EDGE_PLAIN_HOST beyond loopback needs EDGE_TRUSTED_PROXIES: tokens must not travel without TLS"
            )
        return self

    @model_validator(mode="after")
    def _certificate_and_key(self) -> "EdgeSettings":
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ValueError("EDGE_TLS_CERT and EDGE_TLS_KEY go together: set both or neither")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
