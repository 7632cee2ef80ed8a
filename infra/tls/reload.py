"""Reloads a certificate that is replaced while its server runs: new connections use the new one."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from infra.errors import SettingsError
from infra.telemetry import get_logger
from infra.tls.contexts import server_context

_log = get_logger("tls")

FileVersions = tuple[tuple[int, int, int] | None, ...]


async def reload_when_changed(
    context: ssl.SSLContext, chain: Path, key: Path, *, every_s: float, on_reload: Callable[[bool], None]
) -> None:
    """Check the files every `every_s` seconds, until cancelled. `on_reload` is called with whether the changed files
    could be loaded. If not, for example because only one of the two has been replaced yet, the previous certificate
    stays until they change again."""
    versions = await asyncio.to_thread(_file_versions, chain, key)
    while True:
        await asyncio.sleep(every_s)
        newer = await asyncio.to_thread(_file_versions, chain, key)
        if newer == versions:
            continue
        versions = newer
        try:
            # Tried on a separate context first: a key that does not match would leave the live one half changed.
            await asyncio.to_thread(server_context, chain, key)
            context.load_cert_chain(chain, key)
        except (SettingsError, OSError) as error:
            _log.error("certificate not reloaded, previous one stays", reason=str(error))
            on_reload(False)
        else:
            _log.info("certificate reloaded", file=str(chain))
            on_reload(True)


def _file_versions(*files: Path) -> FileVersions:
    """Differs when a file has changed; None for a missing file, as between its removal and its replacement."""

    def of(file: Path) -> tuple[int, int, int] | None:
        try:
            found = file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    return tuple(of(file) for file in files)
