"""Result files: JSON with the conditions of the measurement, and a picture beside it."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.charts import Picture, draw
from bench.machine import describe_machine

RESULTS = Path(__file__).parent / "results"


def conditions(model: str, speech: str) -> dict[str, Any]:
    """To be called before anything is measured. `load_average_before`: processes that wanted a core during the last
    minute, those of other programs included; above the number of cores, wall-clock figures come out too high."""
    return {
        "machine": describe_machine(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average_before": round(os.getloadavg()[0], 1),
        "model": model,
        "speech": speech,
    }


def read_result(path: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def save(output: Path, result: Mapping[str, Any], picture: Picture) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    output.with_suffix(".svg").write_text(drawn(result, picture), encoding="utf-8")
    print(f"Written to {output}; chart in {output.with_suffix('.svg').name}")


def drawn(result: Mapping[str, Any], picture: Picture) -> str:
    """The picture as the text of an SVG file."""
    return draw(picture, f"{subject(result)} · {place_and_date(result)}")


def subject(result: Mapping[str, Any]) -> str:
    """The model and the speech."""
    return f"{result['model']} · {result['speech']}"


def place_and_date(result: Mapping[str, Any]) -> str:
    machine = result["machine"]
    return f"{machine['cores']} cores ({machine['cpu']}) · {result['at'][:10]}"
