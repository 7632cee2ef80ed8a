import os
import ssl
from pathlib import Path

import jwt
import pytest

from cli.stream.target import find_target
from infra.errors import RostrumError, Unavailable
from infra.tls.development import development_certificate
from local.run_file import RunFile, StackAddresses, mark_of, run_file_path, write_run_file

SECRET = "a-secret-of-thirty-two-bytes-or-more"
EDGE = "wss://localhost:9443/v1/stream"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ROSTRUM_DATA", str(tmp_path))
    monkeypatch.setenv("EDGE_JWT_SECRET", SECRET)
    return tmp_path


def run_stack(data: Path) -> None:
    """A run file as a supervisor writes it; this process plays the supervisor."""
    me = mark_of(os.getpid())
    assert me is not None
    addresses = StackAddresses(page="http://localhost:9080", edge=EDGE, edge_plain="", kafka="", languagetool="")
    write_run_file(run_file_path(data), RunFile(supervisor=me, ready=True, addresses=addresses, processes=()))


def test_the_running_stack_is_the_default(data: Path) -> None:
    run_stack(data)

    target = find_target(url=None, token=None, user="ada", ca=None, insecure=False, name="Ada")

    assert target.url == EDGE
    claims = jwt.decode(target.token, SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["name"]) == ("ada", "Ada")


def test_without_a_running_stack_the_hint_says_how_to_start_one(data: Path) -> None:
    with pytest.raises(Unavailable, match="rostrum up") as caught:
        find_target(url=None, token=None, user="ada", ca=None, insecure=False)

    assert str(data) in caught.value.message


def test_an_address_on_this_machine_gets_a_development_token(data: Path) -> None:
    target = find_target(url="ws://127.0.0.1:8444/v1/stream", token=None, user="ada", ca=None, insecure=False)

    assert data.is_dir()
    assert jwt.decode(target.token, SECRET, algorithms=["HS256"])["sub"] == "ada"


def test_another_server_gets_no_development_token(data: Path) -> None:
    run_stack(data)

    with pytest.raises(RostrumError, match="--token"):
        find_target(url="wss://elsewhere.example/v1/stream", token=None, user="ada", ca=None, insecure=False)


def test_an_address_that_is_no_websocket_is_refused() -> None:
    with pytest.raises(RostrumError, match="wss://HOST"):
        find_target(url="https://elsewhere.example", token="t", user="ada", ca=None, insecure=False)


def test_the_development_authority_is_trusted_beside_the_systems(data: Path) -> None:
    development_certificate(data)

    target = find_target(url=EDGE, token="t", user="ada", ca=None, insecure=False)

    assert target.tls.verify_mode is ssl.CERT_REQUIRED
    assert "Rostrum development" in str(target.tls.get_ca_certs())


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("no certificate")

    with pytest.raises(RostrumError, match=r"ca\.pem holds no certificate"):
        find_target(url=EDGE, token="t", user="ada", ca=ca, insecure=False)


def test_insecure_checks_nothing() -> None:
    target = find_target(url=EDGE, token="t", user="ada", ca=None, insecure=True)

    assert target.tls.verify_mode is ssl.CERT_NONE
