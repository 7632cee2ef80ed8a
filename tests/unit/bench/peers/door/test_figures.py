from typing import Any
from xml.etree import ElementTree as ET

from bench.charts import draw
from bench.peers.door.charts import panels
from bench.peers.door.figures import HELD_IF, held, markdown, row
from bench.peers.door.load_clients import Ping
from bench.peers.door.measurement import Seen


def seen(clients: int, *, held: bool = True, cpu_s: float = 0.4) -> Seen:
    return Seen(
        clients=clients,
        seconds=5.0,
        cpu_s=cpu_s,
        heard_s=5.0 * clients,
        late_s=(0.001,),
        pings=(Ping(1.0, 0.01 if held else 2.0),),
        ended_s=10.0,
        messages=50,
        lost=0,
        memory_mb={"empty": 100.0, "idle": 101.0, "speaking": 105.0},
    )


FAILED = {"clients": 200, "held": False, "failed": "200 clients could not be connected."}
ROSTRUM = row("rostrum", "16 bits", [seen(20, cpu_s=0.4), seen(20, cpu_s=0.6)], [seen(100).figures()])
SECURE = row("rostrum", "16 bits, TLS", [seen(20), seen(20)], [])
PEER = row("whisperlive", "16 bits", [seen(20), seen(20)], [seen(100).figures(), FAILED])


def report() -> dict[str, Any]:
    versions = {"rostrum": "1.0", "whisperlive": "0.10.0"}
    return {"versions": versions, "held_if": HELD_IF, "rows": [ROSTRUM, SECURE, PEER]}


def test_costs_are_medians_of_the_rounds() -> None:
    assert ROSTRUM["cpu_us_per_frame"] == {"median": 1250.0, "least": 1000.0, "greatest": 1500.0}
    assert ROSTRUM["kb_per_client"]["speaking"]["median"] == 256


def test_what_is_held_in_words() -> None:
    assert held([]) == "—"
    assert held([seen(100, held=False).figures()]) == "not 100"
    assert held([seen(100).figures(), seen(150, held=False).figures()]) == "100; not 150"
    assert held([seen(100).figures()]) == "100 or more"
    late = {**seen(150, held=False).figures(), "clients_late_p99_ms": 120.0}
    assert held([seen(100).figures(), late]) == "100; not 150, where clients were late themselves"


def test_the_table_has_a_row_for_each_way_to_speak_to_each_server() -> None:
    _, _, plain, secure, peer = markdown(report()).splitlines()

    cost = "10.0 / 10.0 ms | 51 / 256 kB"
    assert plain == f"| rostrum 1.0 | 16 bits | 1250 µs (1000 to 1500) | {cost} | 100 or more |"
    assert secure == f"| rostrum 1.0 | 16 bits, TLS | 1000 µs (1000 to 1000) | {cost} | — |"
    assert peer == f"| whisperlive 0.10.0 | 16 bits | 1000 µs (1000 to 1000) | {cost} | 100; not 200 |"


def test_the_picture_has_lines_for_those_that_were_tried_with_more() -> None:
    picture = ET.fromstring(draw(panels(report())))

    assert len(picture.findall("./{*}g")) == 4
    assert len(picture.findall(".//{*}polyline")) == 4
