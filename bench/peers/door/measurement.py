"""What was seen of one server with one number of clients, and the figures it gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.peers.door.load_clients import Ping
from bench.peers.figures import quantile
from schemas.audio import FRAME_MS

HELD_PONG_P99_MS = 250.0
HELD_SHARE = 0.95
"""Peers tell by whole seconds of each client's audio: a few seconds' watching gives this to two or three hundredths."""
_SETTLED_S = 1.0
"""A ping counts if it had so long to be answered before the end: what is not answered by then is that old."""


@dataclass(frozen=True)
class Seen:
    """`cpu_s`: the server's, in `seconds` of watching, in which `heard_s` of audio of all clients together were dealt
    with, by the server's own word. `late_s`: how much later than due clients sent. `pings` that were sent meanwhile,
    with the time of the end. `lost`: clients that the server closed. Memory of the server in MB: before any client,
    with clients who say nothing, and with all speaking."""

    clients: int
    seconds: float
    cpu_s: float
    heard_s: float
    late_s: Sequence[float]
    pings: Sequence[Ping]
    ended_s: float
    messages: int
    lost: int
    memory_mb: Mapping[str, float]

    @property
    def heard_share(self) -> float:
        """Of the audio that was spoken meanwhile; what is below one is the server falling behind."""
        return self.heard_s / (self.clients * self.seconds)

    @property
    def cpu_us_per_frame(self) -> float:
        """Per 250 ms of audio."""
        return 1e6 * self.cpu_s / (self.clients * self.seconds * 1000 / FRAME_MS)

    def pong_ms(self, share: float) -> float:
        """Of pings that had time to be answered; one without an answer has waited until the end."""
        waited = sorted(
            1000 * (self.ended_s - ping.sent_s if ping.took_s is None else ping.took_s)
            for ping in self.pings
            if ping.sent_s <= self.ended_s - _SETTLED_S
        )
        return round(quantile(waited, share), 2)

    @property
    def held(self) -> bool:
        return not self.lost and self.pong_ms(0.99) < HELD_PONG_P99_MS and self.heard_share >= HELD_SHARE

    def kb_per_client(self, when: str) -> float:
        return 1024 * (self.memory_mb[when] - self.memory_mb["empty"]) / self.clients

    def figures(self) -> dict[str, Any]:
        return {
            "clients": self.clients,
            "held": self.held,
            "pong_ms": {"p50": self.pong_ms(0.5), "p99": self.pong_ms(0.99)},
            "heard_share": round(self.heard_share, 3),
            "cores": round(self.cpu_s / self.seconds, 3),
            "cpu_us_per_frame": round(self.cpu_us_per_frame, 1),
            "messages_per_client_per_s": round(self.messages / self.clients / self.seconds, 2),
            "closed_by_server": self.lost,
            "clients_late_p99_ms": round(1000 * quantile(sorted(self.late_s), 0.99), 1),
        }
