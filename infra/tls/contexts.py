"""TLS contexts, so that the least version is the same everywhere."""

import ssl
from pathlib import Path

from infra.errors import SettingsError


def server_context(chain: Path, key: Path) -> ssl.SSLContext:
    """A server's side of TLS 1.2 or newer. Raises SettingsError if the files are no certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(chain, key)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"EDGE_TLS_CERT {str(chain)!r} and EDGE_TLS_KEY {str(key)!r} cannot be used ({error}).",
            "Name PEM files with the certificate (and its chain) and with its unencrypted key.",
        ) from error
    return context


def client_context(authority: Path | None = None) -> ssl.SSLContext:
    """A client's side, which checks the server's name; trusts the system's authorities, or this one alone."""
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
