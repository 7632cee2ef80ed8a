"""A stage's life cycle: settings, logs, health port, its work, SIGTERM, and one deadline for the shutdown."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from infra.errors import RostrumError, SettingsError
from infra.health import Health, serve_health
from infra.settings import StageSettings, load
from infra.telemetry import configure_logging, get_logger

EXIT_FAILED = 1
EXIT_SETTINGS = 78
"""Invalid settings (sysexits' EX_CONFIG): a restart would not help."""


@dataclass
class Stage:
    """A running stage."""

    name: str
    settings: StageSettings
    health: Health = field(default_factory=Health)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the stage should finish its work."""

    def ready(self) -> None:
        """Call once the stage can do its work."""
        self.health.ready()
        get_logger("lifecycle").info("ready")


Serve = Callable[[Stage], Awaitable[None]]


def run_stage(name: str, serve: Serve) -> None:
    """Run a stage until SIGTERM or SIGINT, then let it finish within `SHUTDOWN_TIMEOUT_S`. Exits the process: with 0
    after a clean shutdown, 78 if the settings are invalid, 1 otherwise."""
    try:
        settings = load(StageSettings)
        configure_logging(name, settings.log_level, settings.log_format)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_run(name, settings, serve))
    except SettingsError as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201 - logging may not be configured yet
        sys.exit(EXIT_SETTINGS)
    except RostrumError as error:
        get_logger("lifecycle").error("stopped", reason=error.message, hint=error.hint)
        sys.exit(EXIT_FAILED)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


async def _run(name: str, settings: StageSettings, serve: Serve) -> None:
    stage = Stage(name, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stage.stopping.set)
    async with serve_health(stage.health, settings.health_host, settings.health_port):
        work = asyncio.ensure_future(serve(stage))
        stop = asyncio.create_task(stage.stopping.wait())
        await asyncio.wait((work, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not work.done():
            stage.health.not_ready("stop", "stopping")
            get_logger("lifecycle").info("stopping", deadline_s=settings.shutdown_timeout_s)
            await asyncio.wait((work,), timeout=settings.shutdown_timeout_s)
        if not work.done():
            get_logger("lifecycle").warning(
                "shutdown deadline passed, work cancelled", deadline_s=settings.shutdown_timeout_s
            )
            work.cancel()
            await asyncio.wait((work,))
        if not work.cancelled():
            work.result()
