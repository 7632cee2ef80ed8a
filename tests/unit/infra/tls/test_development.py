"""The development certificate: made once, kept while it is valid, then replaced."""

import ipaddress
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from infra.errors import SettingsError
from infra.tls import development
from infra.tls.development import development_certificate


def leaf(data: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(development_certificate(data).chain.read_bytes())


def test_it_names_this_machine_and_is_valid_no_longer_than_browsers_accept(tmp_path: Path) -> None:
    certificate = leaf(tmp_path)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    addresses = names.get_values_for_type(x509.IPAddress)
    assert addresses == [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]
    assert certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(days=398)


def test_it_is_made_once_and_its_key_is_readable_only_by_its_owner(tmp_path: Path) -> None:
    first = development_certificate(tmp_path)
    content = first.chain.read_bytes()
    again = development_certificate(tmp_path)
    assert again == first
    assert again.chain.read_bytes() == content
    assert stat.S_IMODE(first.key.stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["ca.pem", "server.key", "server.pem", "tls"]


def test_one_that_is_about_to_expire_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(development, "_VALID", timedelta(days=6))
        serial = leaf(tmp_path).serial_number
    assert leaf(tmp_path).serial_number != serial
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["ca.pem", "server.key", "server.pem", "tls"]


@pytest.mark.parametrize("file", ["chain", "key", "authority"])
def test_a_damaged_one_is_replaced(tmp_path: Path, file: str) -> None:
    certificate = development_certificate(tmp_path)
    getattr(certificate, file).write_text("nothing of use")
    assert leaf(tmp_path)
    assert "nothing of use" not in getattr(certificate, file).read_text()


def test_a_folder_that_cannot_be_written_is_an_invalid_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(SettingsError, match="ROSTRUM_DATA"):
        development_certificate(tmp_path / "file")
