import pytest

from bench.peers.door.load_clients import Ping
from bench.peers.door.measurement import Seen


def seen(
    *, clients: int = 10, heard_s: float = 80.0, pings: tuple[Ping, ...] = (Ping(1.0, 0.005),), lost: int = 0
) -> Seen:
    """Watched for 8 s, until 10 s on the clock."""
    return Seen(
        clients=clients,
        seconds=8.0,
        cpu_s=0.16,
        heard_s=heard_s,
        late_s=(0.001,),
        pings=pings,
        ended_s=10.0,
        messages=160,
        lost=lost,
        memory_mb={"empty": 100.0, "idle": 101.0, "speaking": 105.0},
    )


def test_costs_are_per_250_ms_of_audio_and_per_client() -> None:
    figures = seen().figures()

    assert figures["cpu_us_per_frame"] == pytest.approx(500.0)
    assert figures["cores"] == 0.02
    assert figures["messages_per_client_per_s"] == 2.0
    assert seen().kb_per_client("idle") == pytest.approx(102.4)


def test_a_ping_without_a_pong_has_waited_until_the_end_and_a_late_one_does_not_count() -> None:
    pings = (Ping(2.0, 0.004), Ping(7.0), Ping(9.5))

    assert seen(pings=pings).pong_ms(0.0) == 4.0
    assert seen(pings=pings).pong_ms(1.0) == 3000.0


@pytest.mark.parametrize(
    "watched",
    [seen(heard_s=75.0), seen(pings=(Ping(1.0, 0.3),)), seen(pings=(Ping(1.0),)), seen(lost=1)],
    ids=["falls behind", "reads late", "does not read", "closes"],
)
def test_what_is_not_held(watched: Seen) -> None:
    assert seen().held
    assert not watched.held
