"""What is counted of a connection, as /metrics shows it."""

import asyncio

import pytest
from prometheus_client import REGISTRY

from edge.core.events import (
    AuthUnavailable,
    DecodeFailed,
    Event,
    Overloaded,
    QuotaExceeded,
    ReplyReceived,
    ResumeTokenRejected,
    TokenRejected,
)
from edge.instrumentation import observe
from edge.service import Connection
from infra.telemetry import get_logger
from schemas.audio import FRAME_BYTES
from schemas.replies import Gone, Resumed
from tests.support.edge.fakes import POLICY, FakePorts, Socket


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"rostrum_edge_{name}", labels) or 0.0


@pytest.mark.parametrize(
    ("event", "name", "labels"),
    [
        (TokenRejected("expired", "It ran out.", "Get another."), "auth_failures_total", {"reason": "expired"}),
        (AuthUnavailable(), "auth_failures_total", {"reason": "unavailable"}),
        (QuotaExceeded(8, competition=False), "sessions_rejected_total", {"limit": "user"}),
        (QuotaExceeded(1, competition=True), "sessions_rejected_total", {"limit": "competition"}),
        (Overloaded(5000), "sessions_rejected_total", {"limit": "load"}),
        (ResumeTokenRejected(), "resumes_total", {"outcome": "invalid"}),
        (ReplyReceived(Resumed(next_frame=4)), "resumes_total", {"outcome": "resumed"}),
        (ReplyReceived(Gone(code="no_session")), "resumes_total", {"outcome": "no_session"}),
        (ReplyReceived(Gone(code="frame_gap")), "resumes_total", {"outcome": "frame_gap"}),
        (DecodeFailed("noise"), "decode_failures_total", {}),
    ],
)
def test_events_are_counted_by_their_reason(event: Event, name: str, labels: dict[str, str]) -> None:
    before = value(name, **labels)
    observe(event, get_logger("test"))
    assert value(name, **labels) == before + 1


async def test_a_sessions_frames_bytes_acks_and_close_are_counted() -> None:
    names = (
        "frames_appended_total",
        "audio_appended_bytes_total",
        "ack_delay_seconds_count",
        "produce_duration_seconds_count",
        "sessions_started_total",
    )
    before = {name: value(name) for name in names}
    closed, delay_s = value("connections_closed_total", code="gone"), value("ack_delay_seconds_sum")
    fakes, socket = FakePorts(), Socket()
    connection = Connection(socket, fakes.ports, POLICY, conn="c1", session_id="s1")
    running = asyncio.create_task(connection.run())
    socket.say({"type": "auth", "token": "ada"})
    socket.say({"type": "start"})
    await socket.until(lambda: "started" in socket.types())
    fakes.log.accepting.clear()
    socket.say(bytes(3 * FRAME_BYTES))
    await socket.until(lambda: connection.queued_records == 2)
    fakes.clock.ms += 100
    fakes.log.accepting.set()
    await socket.until(lambda: socket.sent[-1].get("frames") == 3)
    socket.leave()
    await running
    counted = {name: value(name) - before[name] for name in names}
    assert counted == {
        "frames_appended_total": 3,
        "audio_appended_bytes_total": 3 * FRAME_BYTES,
        "ack_delay_seconds_count": 3,
        "produce_duration_seconds_count": 4,  # the start, too
        "sessions_started_total": 1,
    }
    assert value("ack_delay_seconds_sum") - delay_s == pytest.approx(0.3)
    assert value("connections_closed_total", code="gone") == closed + 1
