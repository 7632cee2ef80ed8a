"""Where results go: JSON with the circumstances they were got in, and a picture beside it."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.charts import Panel, draw
from bench.machine import describe

RESULTS = Path(__file__).parent / "results"


def circumstances() -> dict[str, Any]:
    """To be asked before anything is measured. `load_average_before`: processes that wanted a core in the last minute,
    others' too; over the number of cores, figures by the clock come out too bad."""
    return {
        "machine": describe(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average_before": round(os.getloadavg()[0], 1),
    }


def save(output: Path, report: Mapping[str, Any], panels: Sequence[Panel]) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    output.with_suffix(".svg").write_text(draw(panels), encoding="utf-8")
    print(f"written to {output} and, as a picture, {output.with_suffix('.svg').name}")
