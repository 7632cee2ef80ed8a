"""Markers on settings."""

from typing import Annotated

from pydantic import BaseModel

from infra.setting_markers import ListeningPort, ProcessIndex, marked


class Group(BaseModel):
    port: Annotated[int, ListeningPort("edge", "wss://localhost:{port}")] = 1
    plain_port: Annotated[int, ListeningPort("plain", "ws://localhost:{port}", zero_is_off=True)] = 2
    ordinal: Annotated[int, ProcessIndex()] = 0
    host: str = ""


def test_settings_are_found_by_the_kind_of_their_marker() -> None:
    assert [(name, marker.endpoint) for name, marker in marked(Group, ListeningPort)] == [
        ("port", "edge"),
        ("plain_port", "plain"),
    ]
    assert list(marked(Group, ProcessIndex)) == [("ordinal", ProcessIndex())]
