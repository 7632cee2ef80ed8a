"""How a stage lives: settings, logs, health port, its work, SIGTERM, one deadline for the end."""

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
"""Wrong settings (sysexits' EX_CONFIG): starting again would not help."""


@dataclass
class Stage:
    """What the lifecycle lends to a stage while it runs. `stopping` is set when the stage should finish its work."""

    name: str
    settings: StageSettings
    health: Health = field(default_factory=Health)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def ready(self) -> None:
        """The stage can do its work from now on."""
        self.health.ready()
        get_logger("lifecycle").info("ready")


Serve = Callable[[Stage], Awaitable[None]]


def run_stage(name: str, serve: Serve) -> None:
    """Run a stage until SIGTERM or SIGINT, then let it finish within `SHUTDOWN_TIMEOUT_S`. Exits the process: 0 after a
    clean end, 78 if the settings are wrong, 1 otherwise."""
    try:
        settings = load(StageSettings)
        configure_logging(name, settings.log_level, settings.log_format)
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_live(name, settings, serve))
    except SettingsError as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201 - logging may not be set up yet
        sys.exit(EXIT_SETTINGS)
    except RostrumError as error:
        get_logger("lifecycle").error("stopped", reason=error.message, hint=error.hint)
        sys.exit(EXIT_FAILED)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


async def _live(name: str, settings: StageSettings, serve: Serve) -> None:
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
            get_logger("lifecycle").warning("deadline passed, work is cut off", deadline_s=settings.shutdown_timeout_s)
            work.cancel()
            await asyncio.wait((work,))
        if not work.cancelled():
            work.result()
