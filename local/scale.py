"""The number of processes of each stage: `edge=2,transcribe=2`."""

from collections.abc import Collection, Mapping

from infra.errors import RostrumError
from local.stages import STAGES

_MAX_PROCESSES = 16
_NOT_SCALABLE = {
    "kafka": "there is one local node; for more, set KAFKA_BOOTSTRAP to a cluster",
    "languagetool": "one serves all stages; for more, set LANGUAGETOOL_URL to a service behind a load balancer",
}


def parse_scale(text: str, without: Collection[str] = (), *, clickhouse_is_embedded: bool) -> Mapping[str, int]:
    """The number of processes of each stage: 1 by default, 0 for the stages `without`. Raises RostrumError for an
    invalid one."""
    counts = {stage: 0 if stage in without else 1 for stage in STAGES}
    named = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name in _NOT_SCALABLE:
            raise _wrong(f"{name} cannot be scaled: {_NOT_SCALABLE[name]}.")
        if name not in counts:
            raise _wrong(f"There is no stage {name!r}.")
        if name in named:
            raise _wrong(f"{name} is named twice.")
        if name in without:
            raise _wrong(f"{name} is left out by --without.")
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= _MAX_PROCESSES:
            raise _wrong(f"{part!r} does not give a number from 1 to {_MAX_PROCESSES}.")
        named.add(name)
        counts[name] = int(number)
    if counts["analytics"] > 1 and clickhouse_is_embedded:
        raise RostrumError(
            "analytics cannot be scaled while ClickHouse is embedded: that allows one process.",
            "Set CLICKHOUSE_URL to a ClickHouse server.",
        )
    return counts


def process_names(stage: str, count: int) -> list[str]:
    """`edge` for a single process, `edge-0` and `edge-1` for two; none for 0."""
    return [stage] if count == 1 else [f"{stage}-{index}" for index in range(count)]


def _wrong(what: str) -> RostrumError:
    return RostrumError(f"--scale: {what}", f"Write it as edge=2,transcribe=2; the stages are {', '.join(STAGES)}.")
