"""The reference pages that are made from the code: `python -m scripts.reference` writes them, a test compares them.

docs/settings.md lists every setting; docs/operations.md has a table of every metric between its markers."""

import importlib
import re
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram
from pydantic import SecretStr

from infra.settings import Settings

SETTINGS_PAGE = Path("docs/settings.md")
OPERATIONS_PAGE = Path("docs/operations.md")
_PACKAGES = ("infra", "edge", "processors", "analytics")
_INTRODUCTION = """# Settings

Settings are environment variables, or lines of a file `.env` in the folder you start from
([.env.example](../.env.example)); the environment wins. A wrong value, or a setting that was renamed, stops the process
and says how to mend it. This page is made from the code (`python -m scripts.reference`).
"""
_TITLES = {
    "": "All stages",
    "ROSTRUM_": "This machine",
    "SESSION_": "Sessions",
    "EDGE_": "Edge",
    "EDGE_JWT_": "Tokens",
    "TRANSCRIBE_": "Transcribe",
    "ANALYZE_": "Analyze",
    "QUESTIONS_": "Questions",
    "ANALYTICS_": "Analytics",
    "KAFKA_": "Kafka",
    "CLICKHOUSE_": "ClickHouse",
    "LLM_": "Language model",
    "LANGUAGETOOL_": "LanguageTool",
}


def groups() -> list[type[Settings]]:
    """All groups of settings, those of infra first."""
    return [
        member
        for module in _modules(r"^class \w+\(\w*Settings\)")
        for member in vars(importlib.import_module(module)).values()
        if isinstance(member, type)
        and issubclass(member, Settings)
        and member.__module__ == module
        and member is not Settings
    ]


def settings_page() -> str:
    """docs/settings.md as it should be."""
    tables = [_INTRODUCTION]
    others = {prefix: prefix.rstrip("_").capitalize() for prefix in map(_prefix, groups()) if prefix not in _TITLES}
    for prefix, title in (_TITLES | others).items():
        # Two stages may read the same setting: it has one row, if they describe it alike.
        rows = dict.fromkeys(row for group in groups() if _prefix(group) == prefix for row in _setting_rows(group))
        tables.append("\n".join([f"## {title}\n", "| setting | default | what it is |", "|---|---|---|", *rows, ""]))
    return "\n".join(tables)


def _prefix(group: type[Settings]) -> str:
    return str(group.model_config.get("env_prefix", ""))


def _setting_rows(group: type[Settings]) -> list[str]:
    rows = []
    for name, field in group.model_fields.items():
        default = field.default
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        shown = f"`{default}`" if default is not None and str(default) else "*(empty)*"
        rows.append(f"| `{(_prefix(group) + name).upper()}` | {shown} | {field.description} |")
    return rows


def metrics_table() -> str:
    """Every metric that a stage declares, in the order of the code."""
    rows = ["| metric | kind | labels | what it is |", "|---|---|---|---|"]
    for module in _modules("^from prometheus_client import", name="metrics.py"):
        for metric in vars(importlib.import_module(module)).values():
            if isinstance(metric, Counter | Gauge | Histogram):
                name = metric._name + ("_total" if isinstance(metric, Counter) else "")
                labels = ", ".join(f"`{label}`" for label in metric._labelnames)
                rows.append(f"| `{name}` | {metric._type} | {labels} | {metric._documentation} |")
    return "\n".join(rows)


def operations_page(page: str) -> str:
    """The page with its table of metrics renewed."""
    block = f"<!-- metrics -->\n{metrics_table()}\n<!-- /metrics -->"
    return re.sub(r"<!-- metrics -->\n.*?<!-- /metrics -->", lambda _: block, page, flags=re.DOTALL)


def _modules(marker: str, name: str = "*.py") -> list[str]:
    files = [file for package in _PACKAGES for file in sorted(Path(package).rglob(name))]
    return [".".join(file.with_suffix("").parts) for file in files if re.search(marker, file.read_text(), re.MULTILINE)]


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(settings_page())
    OPERATIONS_PAGE.write_text(operations_page(OPERATIONS_PAGE.read_text()))
