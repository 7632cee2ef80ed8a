"""Who may import whom. Topics connect stages, imports do not."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stages import STAGES

STAGE_PACKAGES = tuple(stage.package for stage in STAGES.values())
PACKAGES = ("schemas", "infra", "edge", "processors", "analytics", "client", "local", "cli", "bench")
FILES = sorted(file for package in PACKAGES for file in Path(package).rglob("*.py"))
# A core is a function of its arguments: it may compute, and nothing else.
PURE_LIBRARIES = {"pydantic", "pydantic_core", "numpy"}
IMPURE_STANDARD = {"asyncio", "logging", "os", "random", "socket", "subprocess", "threading", "time"}
# What a setting names, without the libraries that load it.
LIGHT_ADAPTERS = {("local.recogniser", "processors.transcribe.adapters.models")}


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
    return next((stage for stage in STAGE_PACKAGES if module == stage or module.startswith(stage + ".")), None)


def _may_import(module: str, imported: str) -> bool:
    """Whether a module of this repository may import another one."""
    package, root = module.split(".")[0], imported.split(".")[0]
    if root in {"tests", "scripts"}:
        return False
    if root == "bench":
        return package == "bench"
    match package:
        case "schemas":
            return root == "schemas"
        case "infra":
            return root in {"infra", "schemas"}
        case "client":
            return root in {"client", "infra", "schemas"}
        case "local":
            settings_of_a_stage = imported in {f"{stage}.settings" for stage in STAGE_PACKAGES}
            return root in {"local", "infra", "schemas"} or settings_of_a_stage or (module, imported) in LIGHT_ADAPTERS
        case "cli" | "bench":
            return True
    stage = _stage_of(module)
    return root in {"infra", "schemas"} or (stage is not None and _stage_of(imported) == stage)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_imports_follow_the_architecture(file: Path) -> None:
    module = _module(file)
    for imported in _imports(file):
        root = imported.split(".")[0]
        if root in {*PACKAGES, "tests", "scripts"}:
            assert _may_import(module, imported), f"{module} may not import {imported}"
        elif module.split(".")[0] == "schemas":
            assert root in {"pydantic"} | sys.stdlib_module_names, f"schemas may not import {imported}"
        if _stage_of(module) and ".adapters." in f"{imported}." and not module.endswith("__main__"):
            assert ".adapters" in module, f"only __main__ wires adapters: {imported}"


@pytest.mark.parametrize("file", [file for file in FILES if "core" in file.parts], ids=str)
def test_cores_are_pure(file: Path) -> None:
    for imported in _imports(file):
        root = imported.split(".")[0]
        allowed = PURE_LIBRARIES | {"schemas"} | (set(sys.stdlib_module_names) - IMPURE_STANDARD)
        assert root in allowed or ".core" in imported, f"a core may not import {imported}"


@pytest.mark.parametrize("stage", STAGE_PACKAGES)
def test_stages_have_the_same_anatomy(stage: str) -> None:
    folder = Path(*stage.split("."))
    for part in ("__main__.py", "settings.py", "ports.py", "service.py", "core", "adapters"):
        assert (folder / part).exists(), f"{stage} has no {part}"
