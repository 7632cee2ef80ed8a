"""Settings are environment variables (or lines of `.env`), prefixed by stage, read once and frozen."""

import os
from pathlib import Path
from typing import Annotated, Any, TypeVar

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.errors import SettingsError
from infra.renamed_settings import RENAMED
from infra.setting_markers import ListeningPort

SettingsT = TypeVar("SettingsT", bound="Settings")


class Settings(BaseSettings):
    """Base of every group of settings. A subclass sets `env_prefix`; each field has a description, from which the
    documented table is generated."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_file=".env", env_ignore_empty=True)


class StageSettings(Settings):
    """Settings of every stage."""

    log_level: str = Field(
        "info", pattern="(?i)^(debug|info|warning|error)$", description="`debug`, `info`, `warning` or `error`"
    )
    log_format: str = Field(
        "auto", pattern="^(auto|json|text)$", description="`json`, `text`, or `auto`: text on a terminal"
    )
    health_host: str = Field("127.0.0.1", description="address of the health and metrics port")
    health_port: int = Field(
        0, ge=0, le=65535, description="port of `/healthz`, `/readyz` and `/metrics`; 0: any free one"
    )
    shutdown_timeout_s: float = Field(
        10.0, gt=0, description="seconds a stage may take to finish its work after SIGTERM"
    )


class SessionSettings(Settings):
    """Settings on which edge and transcribe must agree."""

    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "SESSION_"})

    grace_s: float = Field(30.0, gt=0, description="seconds until a session whose client has disconnected is ended")
    max_s: int = Field(3600, gt=0, description="maximum length of a session's audio, in seconds")


class EdgePortSettings(Settings):
    """Settings on which edge and analytics must agree: where the edge listens on this machine."""

    # Empty values are handled below: an empty EDGE_PLAIN_PORT means "none", not the default.
    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "EDGE_", "env_ignore_empty": False})

    port: Annotated[int, ListeningPort("edge", "wss://localhost:{port}/v1/stream")] = Field(
        8443, ge=0, le=65535, description="port of wss; 0: any free one"
    )
    plain_port: Annotated[
        int, ListeningPort("edge_plain", "ws://127.0.0.1:{port}/v1/stream", host_setting="plain_host", zero_is_off=True)
    ] = Field(
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


class LocalSettings(Settings):
    """Where Rostrum keeps its files on this machine."""

    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "ROSTRUM_", "validate_default": True})

    data: Path = Field(
        Path(".rostrum"), description="folder of all local state: Kafka, ClickHouse, certificate, secret"
    )
    cache: Path = Field(
        Path("~/.cache/rostrum"),
        description="folder of downloaded programs (jars); may be shared, and deleted",
    )

    @field_validator("data", "cache", mode="after")
    @classmethod
    def _in_home(cls, folder: Path) -> Path:
        return folder.expanduser()


def variable(group: type[Settings], name: str) -> str:
    """The environment variable of a group's setting."""
    if name not in group.model_fields:
        raise ValueError(f"{group.__name__} has no setting {name}")
    return (str(group.model_config.get("env_prefix", "")) + name).upper()


def load(group: type[SettingsT]) -> SettingsT:
    """A group of settings, from the environment. Raises SettingsError, which names each invalid or renamed variable and
    the fix."""
    _refuse_old_names()
    try:
        return group()
    except ValidationError as error:
        prefix = group.model_config.get("env_prefix", "")
        faults = [
            f"{prefix}{fault['loc'][0]}".upper() + f": {fault['msg']}" + _given(fault.get("input"), fault["type"])
            for fault in error.errors()
            if fault["loc"]
        ] or [fault["msg"] for fault in error.errors()]
        raise SettingsError(
            f"Wrong settings: {'; '.join(faults)}.",
            "Correct them in the environment or in .env; the table of settings (docs/settings.md) lists valid values.",
        ) from None


def _refuse_old_names() -> None:
    given = {name.upper() for name in (*os.environ, *dotenv_values(".env"))}
    if old := sorted(RENAMED.keys() & given):
        raise SettingsError(
            f"Renamed settings: {', '.join(f'{name} is {RENAMED[name]}' for name in old)}.",
            "Use the new names in the environment or in .env; CHANGELOG.md lists all of them.",
        )


def separated(names: str) -> list[str]:
    """The items of a comma-separated setting."""
    return [name.strip() for name in names.split(",") if name.strip()]


def _given(value: object, kind: str) -> str:
    # Only numbers and booleans are quoted: a string may be a secret.
    return f" (given: {value!r})" if kind.startswith(("int", "float", "bool", "greater", "less")) else ""
