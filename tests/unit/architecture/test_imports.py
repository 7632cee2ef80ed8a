"""Who may import whom. Topics connect stages, imports do not."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

STAGES = ("edge", "processors.transcribe", "processors.questions", "processors.analyze", "analytics")
PACKAGES = ("schemas", "infra", "edge", "processors", "analytics", "cli", "bench")
FILES = sorted(file for package in PACKAGES for file in Path(package).rglob("*.py"))
# A core is a function of its arguments: it may compute, and nothing else.
PURE_LIBRARIES = {"pydantic", "pydantic_core", "numpy"}
IMPURE_STANDARD = {"asyncio", "logging", "os", "random", "socket", "subprocess", "threading", "time"}


def _module(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield node.module or ""


def _stage_of(module: str) -> str | None:
    return next((stage for stage in STAGES if module == stage or module.startswith(stage + ".")), None)


def _ours(module: str) -> bool:
    return module.split(".")[0] in PACKAGES


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_follow_the_architecture(file: Path) -> None:
    module = _module(file)
    stage = _stage_of(module)
    for imported in _imports(file):
        root = imported.split(".")[0]
        if module.split(".")[0] == "schemas":
            assert root in {"schemas", "pydantic"} | sys.stdlib_module_names, f"schemas may not import {imported}"
        elif module.split(".")[0] == "infra" and _ours(imported):
            assert root in {"infra", "schemas"}, f"infra may not import {imported}"
        elif stage and _ours(imported):
            assert root in {"infra", "schemas"} or _stage_of(imported) == stage, f"{stage} may not import {imported}"
        if stage and ".adapters." in f"{imported}." and not module.endswith("__main__"):
            assert ".adapters" in module, f"only __main__ wires adapters: {imported}"


@pytest.mark.parametrize("file", [file for file in FILES if "core" in file.parts], ids=str)
def test_cores_are_pure(file: Path) -> None:
    for imported in _imports(file):
        root = imported.split(".")[0]
        allowed = PURE_LIBRARIES | {"schemas"} | (set(sys.stdlib_module_names) - IMPURE_STANDARD)
        assert root in allowed or ".core" in imported, f"a core may not import {imported}"


@pytest.mark.parametrize("stage", STAGES)
def test_stages_have_the_same_anatomy(stage: str) -> None:
    folder = Path(*stage.split("."))
    for part in ("__main__.py", "settings.py", "service.py", "core", "adapters"):
        assert (folder / part).exists(), f"{stage} has no {part}"
