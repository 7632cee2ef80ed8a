"""What a whole server must provide to be measured."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from bench.peers.whole.process_usage import ProcessGroups
from bench.peers.whole.streaming_client import StreamingClient


class PeerServer(Protocol):
    name: str
    warms_up: bool
    """Whether a short session precedes the measured ones."""
    drain_s: float
    """How long a client may take after its audio."""
    measured: Sequence[str]
    """The groups of processes that count as the server; the others are reported separately."""

    def running(self, log: Path) -> AbstractAsyncContextManager[ProcessGroups]:
        """The server, ready for clients during the block; its processes by group."""
        ...

    async def session(self, client: StreamingClient) -> None:
        """One client's; returns once the server has sent its last message."""
        ...

    def versions(self) -> Mapping[str, str]: ...
