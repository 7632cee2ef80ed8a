"""The server that a command connects to, the token, and the certificates to trust: by default the local stack's."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from client.connection import LOOPBACK_NAMES
from infra.errors import RostrumError, Unavailable
from infra.settings import LocalSettings, load
from infra.tls.contexts import client_context
from local.login_token import login_token
from local.run_file import running_stack

_CommandT = TypeVar("_CommandT", bound=Callable[..., Any])


def server_options(command: _CommandT) -> _CommandT:
    """The options of every command that connects to a server."""
    for option in (
        click.option("--insecure", is_flag=True, help="Do not check the server's certificate."),
        click.option("--ca", type=click.Path(path_type=Path), help="Trust certificates of this authority (PEM file)."),
        click.option(
            "--token",
            envvar="ROSTRUM_TOKEN",
            help="A login token; by default one for development (local stack only).",
        ),
        click.option("--url", help="The edge's address; by default that of the local stack."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True)
class Target:
    url: str
    token: str
    tls: ssl.SSLContext


def find_target(
    *, url: str | None, token: str | None, user: str, ca: Path | None, insecure: bool, name: str | None = None
) -> Target:
    """Raises Unavailable if no address is given and no stack runs, RostrumError if a token or file is missing."""
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
        raise RostrumError(f"{url} is not the address of an edge.", "Give one such as wss://HOST:8443/v1/stream.")
    if token is None and urlsplit(url).hostname in LOOPBACK_NAMES:
        token = login_token(user, name=name, local=local)
    if token is None:
        raise RostrumError(
            "A token is needed for a server that is not on this machine.", "Give one with --token or in ROSTRUM_TOKEN."
        )
    return Target(url, token, _trust(ca, insecure, data / "tls" / "ca.pem"))


def _trust(ca: Path | None, insecure: bool, development_ca: Path) -> ssl.SSLContext:
    """The system's authorities, and that of this machine's development certificate if there is one; with `ca` that one
    alone; with `insecure` any certificate."""
    try:
        context = client_context(ca)
        if ca is None and development_ca.exists():
            context.load_verify_locations(development_ca)
    except (OSError, ssl.SSLError) as error:
        raise RostrumError(
            f"{ca or development_ca} holds no certificate that can be read ({error}).",
            "Give a PEM file such as ROSTRUM_DATA/tls/ca.pem.",
        ) from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
