"""Clients of one ClickHouse database: a server over HTTP, or chDB (ClickHouse as a library) in this process.

chDB's restrictions, hidden here: one process per folder (it locks the file `status`), one folder per process, not
fork-safe, blocking calls. See https://clickhouse.com/docs/chdb and the docstrings of clickhouse-connect's chDB backend.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, Error, OperationalError, ProgrammingError

from infra.clickhouse.settings import ClickHouseSettings
from infra.errors import RostrumError, SettingsError, Unavailable

Connect = Callable[[], Client]

_MARK_CACHE_BYTES = 16 * 1024 * 1024
_AUTHENTICATION_FAILED = 516


def connector(settings: ClickHouseSettings, data: Path) -> Connect:
    """Returns a function that makes a client. `data` is the folder of all local state. The function raises Unavailable
    if the server does not answer, SettingsError if it refuses the login, RostrumError if the local folder cannot be
    opened."""
    if settings.is_embedded:
        return lambda: _embedded(settings, data.expanduser() / "clickhouse")
    return lambda: _server(settings)


def skip_optional_imports() -> None:
    """Saves this process 90 MB and a second: clickhouse-connect and chDB import pandas and pyarrow if they are
    installed, and work without them. Only for a process that uses neither."""
    for name in ("pandas", "pyarrow"):
        # None makes an import fail (https://docs.python.org/3/reference/import.html#the-module-cache); typeshed
        # declares only modules here.
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def _server(settings: ClickHouseSettings) -> Client:
    address = urlsplit(settings.url)
    try:
        client = clickhouse_connect.get_client(
            interface=address.scheme,
            host=address.hostname,
            port=address.port or (8443 if address.scheme == "https" else 8123),
            username=settings.username,
            password=settings.password.get_secret_value(),
            ca_cert=settings.ca_file or None,
            connect_timeout=min(settings.query_timeout_s, 10),
            send_receive_timeout=settings.query_timeout_s + 5,
            settings={"max_execution_time": settings.query_timeout_s},
            # A ClickHouse session would tie all queries to one server behind a load balancer, and is not needed here.
            autogenerate_session_id=False,
        )
        _enter_database(client, settings.database)
    except OperationalError as error:
        raise Unavailable(
            f"ClickHouse at {settings.url} does not answer.", "Check CLICKHOUSE_URL and that the server runs."
        ) from error
    except Error as error:
        if error.code == _AUTHENTICATION_FAILED:
            raise SettingsError(
                f"ClickHouse at {settings.url} refuses the user {settings.username!r}.",
                "Check CLICKHOUSE_USERNAME and CLICKHOUSE_PASSWORD.",
            ) from error
        raise Unavailable(
            f"ClickHouse at {settings.url} cannot be used (error {error.code}, {error.name}).",
            "See the server's log.",
        ) from error
    return client


def _embedded(settings: ClickHouseSettings, folder: Path) -> Client:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        client = clickhouse_connect.get_client(
            interface="chdb",
            path=str(folder),
            settings={"max_execution_time": settings.query_timeout_s, "max_threads": 2},
            chdb_options={
                "max_server_memory_usage": settings.max_memory_mb * 1024 * 1024,
                # The server's default of 5 GB is meant for a dedicated machine.
                "mark_cache_size": _MARK_CACHE_BYTES,
                "index_mark_cache_size": _MARK_CACHE_BYTES,
            },
        )
        _enter_database(client, settings.database)
    except ImportError as error:
        raise SettingsError(
            "The embedded ClickHouse (chDB) is not installed.",
            "Install it (`pip install 'rostrum[embedded]'`), or name a server in CLICKHOUSE_URL.",
        ) from error
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} cannot be made ({error.strerror}).",
            "Set ROSTRUM_DATA to a writable folder.",
        ) from error
    except ProgrammingError as error:
        raise RostrumError(
            f"ClickHouse's data in {folder} cannot be opened{_owner(folder)}.",
            "Only one process may use it: stop the other one, or set ROSTRUM_DATA to another folder for this one.",
        ) from error
    except ClickHouseError as error:
        raise RostrumError(
            f"The embedded ClickHouse in {folder} does not work: {error}.", "Is the disk full, or the folder damaged?"
        ) from error
    return client


def _owner(folder: Path) -> str:
    """The process that holds the folder according to its lock file; chDB's own message does not give the reason."""
    status = folder / "status"
    if not status.exists():
        return ""
    pid = status.read_text(errors="replace").partition("\n")[0].removeprefix("PID: ").strip()
    return f" (last opened by process {pid})" if pid.isdecimal() else ""


def _enter_database(client: Client, name: str) -> None:
    # Checked first: a user without the right to create databases can use an existing one.
    present = client.query(
        "SELECT count() FROM system.databases WHERE name = {name:String}", parameters={"name": name}
    ).result_rows
    if present == [(0,)]:
        client.command(f"CREATE DATABASE IF NOT EXISTS {name}")  # The settings allow identifiers only.
    client.database = name
