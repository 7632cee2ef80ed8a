from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.charts import LineChart, Picture
from bench.peers.contender import Row
from bench.peers.run import compare, schedule
from bench.result_files import read_result
from infra.errors import Unavailable


@dataclass(eq=False)
class FakeServer:
    server: str
    most: int = 100
    sent: str = ""
    climbs: bool = True
    starts: bool = True
    measured: list[int] = field(default_factory=list)

    async def measure(self, clients: int) -> Row:
        self.measured.append(clients)
        if not self.starts:
            raise Unavailable("It did not start.", "See its log.")
        return {"passed": clients <= self.most}

    def longest_s(self, clients: int) -> float:
        return 1.0 if clients < 50 else 1e6

    def versions(self) -> Mapping[str, str]:
        return {self.server: "1.0"}


async def compared(output: Path, *servers: FakeServer, repeats: int = 1) -> list[tuple[str, int, bool]]:
    conditions = {"model": "m", "speech": "s", "machine": {"cores": 2, "cpu": "x"}, "at": "2026-01-01"}
    result = await compare(
        servers,
        (1, 2, 4, 64),
        repeats=repeats,
        minutes=1.0,
        conditions=conditions,
        output=output,
        picture=lambda _: Picture("Servers", [LineChart("Speed", "clients", "s", {})]),
    )
    return [(row["server"], row["clients"], row["passed"]) for row in result["rows"]]


def test_every_server_is_measured_with_few_clients_before_any_with_more() -> None:
    one, two = FakeServer("one"), FakeServer("two", climbs=False)

    assert list(schedule([one, two], (4, 1), 2)) == [(one, 1), (two, 1), (one, 1), (two, 1), (one, 4)]


async def test_a_server_that_fails_is_not_tried_with_more_clients(tmp_path: Path) -> None:
    weak, strong = FakeServer("weak", most=2), FakeServer("strong")

    rows = await compared(tmp_path / "result.json", weak, strong)

    assert [row for row in rows if row[0] == "weak"] == [("weak", 1, True), ("weak", 2, True), ("weak", 4, False)]
    assert strong.measured == [1, 2, 4], "64 clients would take too long"


async def test_a_server_that_does_not_start_is_a_result_and_results_are_saved(tmp_path: Path) -> None:
    await compared(tmp_path / "result.json", FakeServer("broken", starts=False))

    (row,) = read_result(tmp_path / "result.json")["rows"]
    assert (row["passed"], row["failed"]) == (False, str(Unavailable("It did not start.", "See its log.")))
