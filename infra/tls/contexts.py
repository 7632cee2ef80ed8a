"""TLS contexts, with the same minimum version everywhere."""

import ssl
from pathlib import Path

from infra.errors import SettingsError


def server_context(chain: Path, key: Path) -> ssl.SSLContext:
    """For a server; TLS 1.2 or newer. Raises SettingsError if the files are not a certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(chain, key)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"EDGE_TLS_CERT {str(chain)!r} and EDGE_TLS_KEY {str(key)!r} cannot be used ({error}).",
            "Give PEM files with the certificate (and its chain) and with its unencrypted key.",
        ) from error
    return context


def client_context(authority: Path | None = None) -> ssl.SSLContext:
    """For a client, which verifies the server's name; trusts the system's authorities, or only the given one."""
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
