"""The loop of both comparisons: every server with few clients before any with more, each measurement on a server that
has just been started, and none with more clients than the first number at which it did not pass."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.charts import Picture
from bench.peers.contender import Contender, Row, measured
from bench.result_files import save


def schedule(contenders: Sequence[Contender], counts: Sequence[int], repeats: int) -> Iterator[tuple[Contender, int]]:
    """All contenders with the least number of clients, several times in alternation; then, with more, those that
    climb."""
    least, *more = sorted(counts)
    for _ in range(repeats):
        for contender in contenders:
            yield contender, least
    for count in more:
        for contender in contenders:
            if contender.climbs:
                yield contender, count


async def compare(
    contenders: Sequence[Contender],
    counts: Sequence[int],
    *,
    repeats: int,
    minutes: float,
    conditions: Mapping[str, Any],
    output: Path,
    picture: Callable[[Mapping[str, Any]], Picture],
) -> dict[str, Any]:
    """The result, which is also written to `output`, with a picture, after every measurement. No measurement starts
    that might not end in time."""
    console = Console(highlight=False, soft_wrap=True)
    deadline_s = time.monotonic() + minutes * 60
    versions = {contender.server: dict(contender.versions()) for contender in contenders}
    result: dict[str, Any] = {**conditions, "repeats": repeats, "versions": versions, "rows": []}
    rows: list[Row] = result["rows"]
    failed: set[Contender] = set()
    for contender, clients in schedule(contenders, counts, repeats):
        name = f"{contender.server}, {contender.sent}" if contender.sent else contender.server
        if contender in failed:
            continue
        if time.monotonic() + contender.longest_s(clients) > deadline_s:
            console.print(f"no time left for {name} with {clients} clients")
            continue
        console.print(f"{name}: {clients} clients")
        rows.append(await measured(contender, clients))
        if "failed" in rows[-1]:
            console.print(f"  {rows[-1]['failed']}", style="red")
        if not rows[-1]["passed"]:
            failed.add(contender)
        save(output, result, picture(result))
    return result
