"""Development tokens for one machine: a generated secret, and tokens signed with it (HS256)."""

import os
import secrets
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jwt

from infra.errors import SettingsError
from infra.identity.settings import MIN_SECRET_BYTES, IdentitySettings
from infra.settings import LocalSettings

ALGORITHM = "HS256"
DEVELOPMENT_TOKEN_S = 12 * 3600


def login_secret(settings: IdentitySettings, local: LocalSettings) -> str:
    """The secret that signs login tokens here. Raises SettingsError if the generated one cannot be read or created."""
    return settings.secret.get_secret_value() or development_secret(local)


def development_secret(local: LocalSettings) -> str:
    """The generated secret of this data folder, created on first use and readable only by its owner. Two processes that
    start together get the same one. Raises SettingsError if it can be neither read nor created."""
    path = local.data.expanduser() / "jwt.secret"
    try:
        if not path.exists():
            _create_once(path, secrets.token_urlsafe(48))
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The login secret {path} cannot be read or created ({error}).",
            "Set EDGE_JWT_SECRET, or make the folder ROSTRUM_DATA writable.",
        ) from error
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise SettingsError(f"The login secret in {path} is too short.", "Delete the file: a new one is created.")
    return secret


def _create_once(path: Path, content: str) -> None:
    """Write the file atomically unless it exists: a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(content)
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        Path(draft).unlink()


def development_token(
    secret: str,
    user: str,
    *,
    name: str | None = None,
    org: str = "",
    groups: Sequence[str] = (),
    roles: Sequence[str] = (),
    valid_s: float = DEVELOPMENT_TOKEN_S,
    issuer: str = "",
    audience: str = "",
) -> str:
    """A login token as an identity provider would issue it, valid for `valid_s` seconds from now."""
    now_s = int(time.time())
    claims: dict[str, Any] = {"sub": user, "iat": now_s, "exp": now_s + int(valid_s), "org": org}
    claims |= {"groups": list(groups), "roles": list(roles)}
    optional = {"name": name, "iss": issuer, "aud": audience}
    return jwt.encode(claims | {key: value for key, value in optional.items() if value}, secret, algorithm=ALGORITHM)
