"""Unit tests are found where the tested module is: tests/unit/edge/core/test_machine.py tests edge/core/machine.py."""

from pathlib import Path

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "tests" / "unit"

EXCEPTIONS = {
    "cli/replay/test_replay.py": "the modules of `rostrum replay` together",
    "client/test_docs.py": "the examples of the client's page",
    "client/test_wheel.py": "what the client's wheel contains",
    "edge/core/test_any_connection.py": "the whole core, by sequences of events drawn at random",
    "edge/core/steps/test_resume.py": "a resumed session, through all steps",
    "edge/test_backpressure.py": "one connection's reading, through all modules that can hold it up",
    "edge/test_connection_memory.py": "what a closed connection leaves in memory",
    "edge/test_slow_reader.py": "a client that does not read, through all modules that its messages wait in",
    "infra/identity/test_signed_by_a_provider.py": "the verifier with an identity provider's keys",
    "infra/vllm/test_serve.py": "a file that is not Python",
    "processors/transcribe/core/session/test_endpointing.py": "utterances, through the whole core",
    "processors/transcribe/core/session/test_exactly_once.py": "owners that die at any moment, with the whole core",
    "schemas/test_examples.py": "the payloads in schemas/examples",
}
"""Tests of a behaviour that several modules bring about, or of what is no module."""


def module_of(test: Path) -> Path | None:
    """The module or package that the test's name says; longer names say which part of it: `test_registry_vad`."""
    folder = ROOT / test.relative_to(UNIT).parent
    name = test.stem.removeprefix("test_")
    if name == "main":
        return folder / "__main__.py"
    parts = name.split("_")
    names = ("_".join(parts[:count]) for count in range(len(parts), 0, -1))
    found = (path for each in names for path in (folder / f"{each}.py", folder / each / "__init__.py"))
    return next((path for path in found if path.exists()), None)


TESTS = [path for path in UNIT.rglob("test_*.py") if path.parent != UNIT / "architecture"]


def test_a_unit_test_is_named_after_a_module_in_the_mirrored_folder() -> None:
    elsewhere = {path.relative_to(UNIT).as_posix() for path in TESTS if module_of(path) is None}
    assert elsewhere - EXCEPTIONS.keys() == set(), "rename it, or say in EXCEPTIONS what it tests"
    assert EXCEPTIONS.keys() - elsewhere == set(), "this exception is not needed"
