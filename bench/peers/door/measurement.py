"""What was measured of one server with one number of clients, and the figures that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.peers.contender import Row
from bench.peers.door.load_clients import PingTiming
from infra.quantiles import quantile
from schemas.audio import FRAME_MS

MOST_PONG_P99_MS = 250.0
LEAST_PROGRESS_SHARE = 0.95
"""Peers report whole seconds of each client's audio: a measurement of a few seconds gives this to two or three
hundredths."""
PASSED_IF = {"pong_p99_ms_below": MOST_PONG_P99_MS, "progress_share_from": LEAST_PROGRESS_SHARE}
_SETTLED_S = 1.0
"""A ping counts if it had this long to be answered before the end: without an answer by then it is that old."""


@dataclass(frozen=True)
class DoorMeasurement:
    clients: int
    seconds: float
    cpu_s: float
    """The server's."""
    progress_s: float
    """Audio of all clients together that the server reports as processed during the measurement."""
    late_s: Sequence[float]
    """How much later than due clients sent."""
    pings: Sequence[PingTiming]
    """Sent during the measurement."""
    ended_s: float
    """Time of its end."""
    messages: int
    disconnected: int
    """Clients that the server closed."""
    memory_mb: Mapping[str, float]
    """The server's before any client, with idle clients, and with all speaking: `empty`, `idle`, `speaking`."""

    @property
    def progress_share(self) -> float:
        """Of the audio that was spoken meanwhile; below one the server falls behind."""
        return self.progress_s / (self.clients * self.seconds)

    @property
    def cpu_us_per_frame(self) -> float:
        """Per 250 ms of audio."""
        return 1e6 * self.cpu_s / (self.clients * self.seconds * 1000 / FRAME_MS)

    def pong_ms(self, share: float) -> float:
        """Of pings that had time to be answered; one without an answer has waited until the end."""
        waited = [
            1000 * (self.ended_s - ping.sent_s if ping.took_s is None else ping.took_s)
            for ping in self.pings
            if ping.sent_s <= self.ended_s - _SETTLED_S
        ]
        return round(quantile(waited, share), 2)

    @property
    def kept_up(self) -> bool:
        in_time = self.pong_ms(0.99) < MOST_PONG_P99_MS
        return not self.disconnected and in_time and self.progress_share >= LEAST_PROGRESS_SHARE

    def kb_per_client(self, state: str) -> float:
        return 1024 * (self.memory_mb[state] - self.memory_mb["empty"]) / self.clients

    def figures(self) -> Row:
        return {
            "passed": self.kept_up,
            "pong_ms": {"p50": self.pong_ms(0.5), "p99": self.pong_ms(0.99)},
            "progress_share": round(self.progress_share, 3),
            "cores": round(self.cpu_s / self.seconds, 3),
            "cpu_us_per_frame": round(self.cpu_us_per_frame, 1),
            "empty_mb": round(self.memory_mb["empty"], 1),
            "kb_per_client": {state: round(self.kb_per_client(state)) for state in ("idle", "speaking")},
            "messages_per_client_per_s": round(self.messages / self.clients / self.seconds, 2),
            "closed_by_server": self.disconnected,
            "clients_late_p99_ms": round(1000 * quantile(self.late_s, 0.99), 1),
        }
