"""Which server a client talks to, as whom, and whom it trusts: by default the local stack that is running."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cli.login import login_token
from client.connection import LOOPBACK_NAMES
from infra.errors import RostrumError, Unavailable
from infra.settings import LocalSettings, load
from infra.tls.contexts import client_context
from local.run_file import running_stack


@dataclass(frozen=True)
class Target:
    url: str
    token: str
    tls: ssl.SSLContext


def find_target(
    *, url: str | None, token: str | None, user: str, ca: Path | None, insecure: bool, name: str | None = None
) -> Target:
    """Raises Unavailable if no address is given and no stack runs, RostrumError for a token or file that is missing."""
    local = load(LocalSettings)
    data = local.data.expanduser()
    if url is None:
        run = running_stack(data)
        if run is None:
            raise Unavailable(
                f"No stack runs on the data folder {data}.",
                "Start one with `rostrum up`, set ROSTRUM_DATA to that of a running one, or name a server with --url.",
            )
        url = run.addresses.edge
    if not url.startswith(("wss://", "ws://")):
        raise RostrumError(f"{url} is no address of an edge.", "It looks like wss://HOST:8443/v1/stream.")
    if token is None and urlsplit(url).hostname in LOOPBACK_NAMES:
        token = login_token(user, name=name, local=local)
    if token is None:
        raise RostrumError("There is no token for this server.", "Give one with --token or in ROSTRUM_TOKEN.")
    return Target(url, token, _trust(ca, insecure, data / "tls" / "ca.pem"))


def _trust(ca: Path | None, insecure: bool, development_ca: Path) -> ssl.SSLContext:
    """The system's authorities, and that of this machine's development certificate if there is one; or the given one
    alone; or, if asked for, nobody's word."""
    try:
        context = client_context(ca)
        if ca is None and development_ca.exists():
            context.load_verify_locations(development_ca)
    except (OSError, ssl.SSLError) as error:
        raise RostrumError(
            f"{ca or development_ca} holds no certificate that can be read ({error}).",
            "Give a PEM file, as ROSTRUM_DATA/tls/ca.pem.",
        ) from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
