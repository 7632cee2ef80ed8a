"""Settings are environment variables (or lines of `.env`), prefixed by stage, read once and frozen."""

import os
from pathlib import Path
from typing import TypeVar

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.errors import SettingsError
from infra.renamed_settings import RENAMED

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

    grace_s: float = Field(30.0, gt=0, description="seconds after which a session whose client is gone is ended")
    max_s: int = Field(3600, gt=0, description="greatest length of a session's audio, in seconds")


class LocalSettings(Settings):
    """Where Rostrum keeps its files on this machine."""

    model_config = SettingsConfigDict(**{**Settings.model_config, "env_prefix": "ROSTRUM_", "validate_default": True})

    data: Path = Field(
        Path(".rostrum"), description="folder of all local state: Kafka, ClickHouse, certificate, secret"
    )
    cache: Path = Field(
        Path("~/.cache/rostrum"), description="folder of downloaded programs (jars); may be shared and thrown away"
    )

    @field_validator("data", "cache", mode="after")
    @classmethod
    def _in_home(cls, folder: Path) -> Path:
        return folder.expanduser()


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
            "Set them in the environment or in .env; the README's table of settings says what each takes.",
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
