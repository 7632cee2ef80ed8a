"""The login secret that a data folder gets, and tokens made with it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jwt
import pytest
from pydantic import SecretStr

from infra.errors import SettingsError
from infra.identity.development import ALGORITHM, development_secret, development_token, login_secret
from infra.identity.settings import IdentitySettings
from infra.settings import LocalSettings

SECRET = "x" * 40


def test_the_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    local = LocalSettings(data=tmp_path / "data")
    secret = development_secret(local)
    assert development_secret(local) == secret
    [file] = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert development_secret(LocalSettings(data=tmp_path / "other")) != secret


def test_processes_that_start_together_get_the_same_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: development_secret(LocalSettings(data=tmp_path)), range(32)))
    assert len(secrets) == 1


def test_a_secret_in_the_settings_is_used_instead(tmp_path: Path) -> None:
    local = LocalSettings(data=tmp_path)
    assert login_secret(IdentitySettings(secret=SecretStr(SECRET)), local) == SECRET
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["short", "", "é" * 40])
def test_a_damaged_secret_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "jwt.secret").write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"jwt\.secret"):
        development_secret(LocalSettings(data=tmp_path))


def test_a_folder_that_cannot_be_made_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="ROSTRUM_DATA"):
        development_secret(LocalSettings(data=tmp_path / "file"))


def test_a_token_without_name_issuer_and_audience_lacks_these_claims() -> None:
    claims = jwt.decode(development_token(SECRET, "ada", valid_s=60), SECRET, algorithms=[ALGORITHM])
    assert claims["exp"] - claims["iat"] == 60
    assert not claims.keys() & {"name", "iss", "aud"}
