"""Login tokens that this machine's own stack accepts."""

from collections.abc import Sequence

from infra.identity import DEVELOPMENT_TOKEN_S, IdentitySettings, development_token, login_secret
from infra.settings import LocalSettings, load


def login_token(
    user: str,
    *,
    name: str | None = None,
    org: str = "",
    groups: Sequence[str] = (),
    roles: Sequence[str] = (),
    valid_s: float = DEVELOPMENT_TOKEN_S,
    local: LocalSettings | None = None,
) -> str:
    """Signed with the secret of these settings. Raises SettingsError if the secret can be neither read nor made."""
    settings = load(IdentitySettings)
    return development_token(
        login_secret(settings, local or load(LocalSettings)),
        user,
        name=name,
        org=org,
        groups=groups,
        roles=roles,
        valid_s=valid_s,
        issuer=settings.issuer,
        audience=settings.audience,
    )
