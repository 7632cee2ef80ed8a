"""A certificate that is replaced while its server runs: new connections get the new one, old ones keep theirs."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

from infra.errors import SettingsError
from infra.telemetry import get_logger
from infra.tls.contexts import server_context

_log = get_logger("tls")

Stamp = tuple[tuple[int, int, int] | None, ...]


async def reload_when_changed(
    context: ssl.SSLContext, chain: Path, key: Path, *, every_s: float, told: Callable[[bool], None]
) -> None:
    """Look at the files now and then; runs until cancelled. `told`: whether changed files could be used. If not, as
    when only one of the two has been replaced yet, the older certificate stays until they change again."""
    stamp = await asyncio.to_thread(_stamp, chain, key)
    while True:
        await asyncio.sleep(every_s)
        newer = await asyncio.to_thread(_stamp, chain, key)
        if newer == stamp:
            continue
        stamp = newer
        try:
            # On a context of its own first: a key that does not fit would leave the live one with half of each.
            await asyncio.to_thread(server_context, chain, key)
            context.load_cert_chain(chain, key)
        except (SettingsError, OSError) as error:
            _log.error("certificate not reloaded, the older one stays", reason=str(error))
            told(False)
        else:
            _log.info("certificate reloaded", file=str(chain))
            told(True)


def _stamp(*files: Path) -> Stamp:
    """Changes when a file does; None for one that is not there, as between its removal and its return."""

    def of(file: Path) -> tuple[int, int, int] | None:
        try:
            found = file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    return tuple(of(file) for file in files)
