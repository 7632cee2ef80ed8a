"""Login tokens of this machine's own stack."""

from pathlib import Path

import jwt
import pytest

from infra.identity import IdentitySettings, TokenVerifier
from infra.settings import LocalSettings
from local.login_token import login_token


def test_the_stack_accepts_its_own_tokens_and_refuses_those_of_another_stack(tmp_path: Path) -> None:
    mine, other = (LocalSettings(data=tmp_path / name) for name in ("mine", "other"))
    token = login_token("ada", name="Ada", org="school", groups=["9b"], roles=["teacher"], local=mine)

    identity = TokenVerifier(IdentitySettings(), mine).verify(token)
    assert (identity.user_id, identity.name, identity.org, identity.groups) == ("ada", "Ada", "school", ("9b",))
    assert identity.roles == {"teacher"}
    with pytest.raises(Exception, match="signature"):
        TokenVerifier(IdentitySettings(), other).verify(token)


def test_a_token_bears_the_issuer_and_audience_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_JWT_ISSUER", "https://id.example")
    monkeypatch.setenv("EDGE_JWT_AUDIENCE", "rostrum")
    claims = jwt.decode(
        login_token("ada", valid_s=60, local=LocalSettings(data=tmp_path)),
        (tmp_path / "jwt.secret").read_text().strip(),
        algorithms=["HS256"],
        audience="rostrum",
    )
    assert claims["iss"] == "https://id.example"
    assert 0 < claims["exp"] - claims["iat"] <= 60
