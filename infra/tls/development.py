"""A development certificate: signed by its own authority, for local names only."""

import os
import shutil
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509

from infra.errors import SettingsError

NAMES = ("localhost", "127.0.0.1", "::1")
_VALID = timedelta(days=365)
# A certificate that expires sooner than this is replaced, so that none expires while in use.
_RENEW_BEFORE = timedelta(days=7)


@dataclass(frozen=True)
class Certificate:
    """Files in PEM form: the chain and its key, and the authority that a local client may trust."""

    chain: Path
    key: Path
    authority: Path


def development_certificate(data: Path) -> Certificate:
    """The certificate in `data/tls`, created on first use and renewed when it is about to expire or is damaged. Raises
    SettingsError if the folder cannot be written."""
    folder = data.expanduser() / "tls"
    certificate = Certificate(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    try:
        if not _usable(certificate):
            _install(folder)
    except OSError as error:
        raise SettingsError(
            f"The development certificate in {folder} cannot be created ({error}).",
            "Make the folder ROSTRUM_DATA writable, or set EDGE_TLS_CERT and EDGE_TLS_KEY.",
        ) from error
    return certificate


def _usable(certificate: Certificate) -> bool:
    try:
        leaf = x509.load_pem_x509_certificate(certificate.chain.read_bytes())
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate.chain, certificate.key)
        x509.load_pem_x509_certificate(certificate.authority.read_bytes())
    except (FileNotFoundError, ValueError, ssl.SSLError):
        return False
    return leaf.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE


def _install(folder: Path) -> None:
    """Create the folder atomically. If two processes start together, the first one's folder stays."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix="tls."))
    try:
        _issue(draft)
        if folder.exists():
            shutil.move(folder, draft / "previous")
        try:
            draft.rename(folder)
        except OSError:
            # Another process was faster; its certificate is as good, if it is there.
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(folder / "previous", ignore_errors=True)


def _issue(folder: Path) -> None:
    authority = trustme.CA(organization_name="Rostrum development")
    issued = authority.issue_cert(*NAMES, common_name="localhost", not_after=datetime.now(UTC) + _VALID)
    (folder / "server.pem").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    descriptor = os.open(folder / "server.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(issued.private_key_pem.bytes())
