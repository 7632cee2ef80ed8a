"""Markers on a stage's settings for the program that starts its processes: `Annotated[int, ListeningPort(…)]`.

`local/` reads them, so that it needs to know no stage's settings by name; the stages themselves ignore them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

MarkerT = TypeVar("MarkerT")


@dataclass(frozen=True)
class ListeningPort:
    """The setting is a port on which the stage listens; further processes of the stage get free ones. 0 means any free
    port, unless `zero_is_off`."""

    endpoint: str
    """A name for what is served there, such as `edge` or `page`."""
    url: str
    """Where programs on this machine reach it; `{port}` stands for the port."""
    host_setting: str = "host"
    """The setting of the address that the port is opened on."""
    zero_is_off: bool = False


@dataclass(frozen=True)
class ProcessIndex:
    """The setting must differ between the processes of a stage: each gets its own number, from 0."""


def marked(group: type[BaseModel], marker: type[MarkerT]) -> Iterator[tuple[str, MarkerT]]:
    """The names of a group's settings that carry such a marker, with the marker."""
    for name, field in group.model_fields.items():
        for each in field.metadata:
            if isinstance(each, marker):
                yield name, each
