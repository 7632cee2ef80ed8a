"""The README's table of settings, made from the code. `python -m tests.support.docs.settings_table` prints it."""

import importlib
from pathlib import Path

from pydantic import SecretStr

from infra.settings import Settings

PACKAGES = ("infra", "edge", "processors", "analytics")


def groups() -> list[type[Settings]]:
    """All groups of settings, those of infra first."""
    files = [file for package in PACKAGES for file in sorted(Path(package).rglob("*.py"))]
    modules = [_module(file) for file in files if "(Settings)" in file.read_text()]
    return [
        member
        for module in modules
        for member in vars(importlib.import_module(module)).values()
        if isinstance(member, type)
        and issubclass(member, Settings)
        and member.__module__ == module
        and member is not Settings
    ]


def _module(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def rows() -> list[str]:
    lines = ["| setting | default | what it is |", "|---|---|---|"]
    for group in groups():
        prefix = str(group.model_config.get("env_prefix", ""))
        for name, field in group.model_fields.items():
            default = field.default
            if isinstance(default, SecretStr):
                default = default.get_secret_value()
            if isinstance(default, tuple | list):
                default = ",".join(map(str, default))
            shown = f"`{default}`" if str(default) else "*(empty)*"
            lines.append(f"| `{(prefix + name).upper()}` | {shown} | {field.description} |")
    # Two stages may read the same setting: it has one line, if they say the same of it.
    return list(dict.fromkeys(lines))


if __name__ == "__main__":
    print("\n".join(rows()))
