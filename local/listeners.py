"""The ports on which a stack's stages listen, read from the markers on their settings."""

from dataclasses import dataclass, replace

from infra.setting_markers import ListeningPort, ProcessIndex, marked
from infra.settings import Settings, load, variable
from local.stages import StageSpec
from local.tcp_ports import free_port


@dataclass(frozen=True)
class Listener:
    """One port of a stage's first process."""

    stage: str
    setting: str
    """The environment variable of its port."""
    host: str
    port: int
    """0: the stage does not listen there."""
    marker: ListeningPort

    @property
    def url(self) -> str:
        """Where programs on this machine reach it; empty if the stage does not listen there."""
        return self.marker.url.format(port=self.port) if self.port else ""

    def elsewhere(self) -> "Listener":
        """The same for a further process: on a free port, or not at all."""
        return replace(self, port=free_port() if self.port else 0)


def listeners_of(stage: StageSpec) -> list[Listener]:
    """As the settings say, with free ports in place of those that may be any. Raises SettingsError."""
    return [listener for group in stage.settings_groups() for listener in _listeners(stage, load(group))]


def _listeners(stage: StageSpec, settings: Settings) -> list[Listener]:
    group = type(settings)
    found = []
    for name, marker in marked(group, ListeningPort):
        port: int = getattr(settings, name)
        host: str = getattr(settings, marker.host_setting)
        if not port and not marker.zero_is_off:
            port = free_port()
        found.append(Listener(stage.name, variable(group, name), host, port, marker))
    return found


def process_index(stage: StageSpec, index: int) -> dict[str, str]:
    """The environment variables that number a stage's processes."""
    return {
        variable(group, name): str(index)
        for group in stage.settings_groups()
        for name, _ in marked(group, ProcessIndex)
    }
