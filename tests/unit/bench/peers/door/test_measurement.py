import pytest

from bench.peers.door.load_clients import PingTiming
from bench.peers.door.measurement import DoorMeasurement


def measured(
    *,
    progress_s: float = 80.0,
    pings: tuple[PingTiming, ...] = (PingTiming(1.0, 0.005),),
    disconnected: int = 0,
) -> DoorMeasurement:
    """Ten clients for 8 s, until 10 s on the clock."""
    return DoorMeasurement(
        clients=10,
        seconds=8.0,
        cpu_s=0.16,
        progress_s=progress_s,
        late_s=(0.001,),
        pings=pings,
        ended_s=10.0,
        messages=160,
        disconnected=disconnected,
        memory_mb={"empty": 100.0, "idle": 101.0, "speaking": 105.0},
    )


def test_costs_are_per_250_ms_of_audio_and_per_client() -> None:
    figures = measured().figures()

    assert figures["cpu_us_per_frame"] == pytest.approx(500.0)
    assert figures["cores"] == 0.02
    assert figures["messages_per_client_per_s"] == 2.0
    assert figures["kb_per_client"] == {"idle": 102, "speaking": 512}


def test_a_ping_without_a_pong_has_waited_until_the_end_and_a_late_one_does_not_count() -> None:
    pings = (PingTiming(2.0, 0.004), PingTiming(7.0), PingTiming(9.5))

    assert measured(pings=pings).pong_ms(0.0) == 4.0
    assert measured(pings=pings).pong_ms(1.0) == 3000.0


@pytest.mark.parametrize(
    "failing",
    [
        measured(progress_s=75.0),
        measured(pings=(PingTiming(1.0, 0.3),)),
        measured(pings=(PingTiming(1.0),)),
        measured(disconnected=1),
    ],
    ids=["falls behind", "reads late", "does not read", "closes"],
)
def test_a_server_that_does_not_keep_up_fails(failing: DoorMeasurement) -> None:
    assert measured().figures()["passed"]
    assert not failing.figures()["passed"]
