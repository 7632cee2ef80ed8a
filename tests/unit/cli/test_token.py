from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner

from cli.token import token
from infra.identity import IdentitySettings, TokenVerifier
from infra.settings import LocalSettings


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROSTRUM_DATA", str(tmp_path))
    for name in ("SECRET", "ISSUER", "AUDIENCE"):
        monkeypatch.delenv(f"EDGE_JWT_{name}", raising=False)
    return tmp_path


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(token, arguments)
    assert result.exit_code == 0, result.output
    assert result.output.count("\n") == 1
    return result.output.strip()


def test_the_token_alone_is_printed_and_the_stack_accepts_it(data: Path) -> None:
    options = ("--name", "Ann", "--org", "north", "--group", "4b", "--group", "4c", "--role", "teacher")
    identity = TokenVerifier(IdentitySettings(), LocalSettings(data=data)).verify(printed("--user", "ann", *options))
    assert (identity.user_id, identity.name, identity.org) == ("ann", "Ann", "north")
    assert identity.groups == ("4b", "4c")
    assert identity.roles == {"teacher"}


@pytest.mark.usefixtures("data")
def test_hours_are_hours() -> None:
    claims = jwt.decode(printed("--user", "ann", "--hours", "0.5"), options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 1800


def test_issuer_and_audience_are_those_the_stack_asks_for(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_JWT_ISSUER", "https://issuer.example")
    monkeypatch.setenv("EDGE_JWT_AUDIENCE", "rostrum")
    made = printed("--user", "ann")
    assert TokenVerifier(IdentitySettings(), LocalSettings(data=data)).verify(made).user_id == "ann"


def test_a_user_is_needed() -> None:
    result = CliRunner().invoke(token, [])
    assert result.exit_code == 2
    assert "--user" in result.output
