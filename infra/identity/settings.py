"""Settings of login tokens."""

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from infra.settings import Settings, separated

MIN_SECRET_BYTES = 32
_ALGORITHMS = ("RS256", "ES256", "EdDSA")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class IdentitySettings(Settings):
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "EDGE_JWT_"})

    secret: SecretStr = Field(
        SecretStr(""), description="secret that signs login tokens (HS256), 32 bytes or more; empty: a generated one"
    )
    jwks_url: str = Field(
        "", description="URL of the public keys of login tokens (JWKS); if set, HS256 is refused and `exp` is required"
    )
    algorithms: str = Field(
        ",".join(_ALGORITHMS), description="signature algorithms accepted with a JWKS, from `RS256`, `ES256`, `EdDSA`"
    )
    jwks_refresh_interval_s: float = Field(
        300.0, gt=0, description="seconds after which the keys are fetched again, in the background"
    )
    jwks_cooldown_s: float = Field(
        30.0,
        gt=0,
        description="seconds between two fetches for unknown keys; in between, such tokens are refused",
    )
    jwks_removed_key_grace_s: float = Field(
        3600.0, ge=0, description="seconds for which a key that is no longer in the JWKS is still accepted"
    )
    introspection_url: str = Field(
        "", description="URL that says whether a token is still active (RFC 7662), checked last; empty: not checked"
    )
    introspection_client_id: str = Field("", description="client id for introspection (HTTP Basic)")
    introspection_client_secret: SecretStr = Field(SecretStr(""), description="client secret for introspection")
    timeout_s: float = Field(3.0, gt=0, description="timeout in seconds of a JWKS fetch and of an introspection")
    issuer: str = Field("", description="the `iss` that a token must have; empty: not checked")
    audience: str = Field("", description="the `aud` that a token must have; empty: a token with an `aud` is refused")
    required_claims: str = Field("", description="further claims that a token must have, separated by commas")
    leeway_s: float = Field(
        5.0, ge=0, description="tolerated clock difference in seconds when a token's times are checked"
    )

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if 0 < len(secret.get_secret_value().encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"must have {MIN_SECRET_BYTES} bytes or more (required by RFC 7518)")
        return secret

    @field_validator("algorithms")
    @classmethod
    def _asymmetric(cls, algorithms: str) -> str:
        unknown = [name for name in separated(algorithms) if name not in _ALGORITHMS]
        if unknown or not separated(algorithms):
            raise ValueError(f"takes one or more of {', '.join(_ALGORITHMS)}, separated by commas")
        return algorithms

    @field_validator("jwks_url", "introspection_url")
    @classmethod
    def _safe(cls, url: str) -> str:
        # An attacker who can change the response can log in as any user.
        parts = urlsplit(url)
        if url and not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
            raise ValueError("must be an https address (http only on loopback)")
        return url

    @model_validator(mode="after")
    def _one_kind_of_key(self) -> "IdentitySettings":
        if self.jwks_url and self.secret.get_secret_value():
            raise ValueError("EDGE_JWT_SECRET and EDGE_JWT_JWKS_URL exclude each other: set one of them")
        return self
