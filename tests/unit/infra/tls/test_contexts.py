"""TLS handshakes in memory: which ends accept each other."""

import ssl
from pathlib import Path

import pytest

from infra.errors import SettingsError
from infra.tls.contexts import client_context, server_context
from infra.tls.development import development_certificate


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """The TLS version both agreed on. Raises ssl.SSLError if they did not."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return sides[0].version()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_client_that_trusts_the_authority_connects_to_every_local_name(tmp_path: Path, name: str) -> None:
    made = development_certificate(tmp_path)
    assert handshake(server_context(made.chain, made.key), client_context(made.authority), name) == "TLSv1.3"


def test_a_client_that_trusts_only_the_system_refuses(tmp_path: Path) -> None:
    made = development_certificate(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server_context(made.chain, made.key), client_context(), "localhost")


def test_another_name_is_refused(tmp_path: Path) -> None:
    made = development_certificate(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server_context(made.chain, made.key), client_context(made.authority), "example.org")


def test_versions_below_tls_1_2_are_refused() -> None:
    assert client_context().minimum_version == ssl.TLSVersion.TLSv1_2


def test_tls_1_2_is_accepted(tmp_path: Path) -> None:
    made = development_certificate(tmp_path)
    client = client_context(made.authority)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    server = server_context(made.chain, made.key)
    assert server.minimum_version == ssl.TLSVersion.TLSv1_2
    assert handshake(server, client, "localhost") == "TLSv1.2"


def test_files_that_are_not_a_certificate_are_an_invalid_setting(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match="EDGE_TLS_CERT"):
        server_context(tmp_path / "cert.pem", tmp_path / "cert.pem")
    with pytest.raises(SettingsError, match="EDGE_TLS_CERT"):
        server_context(tmp_path / "missing.pem", tmp_path / "missing.pem")
