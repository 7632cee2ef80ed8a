"""The client as a distribution of its own: its wheel holds all that it needs, and it needs little."""

import asyncio
import importlib.util
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.clients.scripted_edge import ScriptedEdge, running

NEEDED = ("pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection", "websockets")
"""The distributions that it depends on, with what those need themselves."""
SESSION = """
import asyncio, sys
import client

async def main(url):
    async with client.connect(url, token="t") as session:
        session.send_audio(bytes(16_000))
        session.end()
        return [message.text async for message in session if isinstance(message, client.messages.FinalMessage)]

print(asyncio.run(main(sys.argv[1])))
"""
OPTIONAL = {"client.accuracy": "jiwer"}
EVERY_MODULE = f"""
import importlib, pkgutil, client
for module in pkgutil.iter_modules(client.__path__, "client."):
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        assert error.name == {OPTIONAL!r}.get(module.name), error
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `pip install rostrum-client` would put there, and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheel")]
    subprocess.run(command, cwd="client", check=True, capture_output=True)
    (wheel,) = (folder / "wheel").glob("rostrum_client-*.whl")
    zipfile.ZipFile(wheel).extractall(folder)
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


def python(path: Path, code: str, *arguments: str) -> list[str]:
    # -I and -S: no other folder is searched.
    return [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{code}", *arguments]


async def test_a_session_needs_nothing_but_the_wheel_and_its_dependencies(path: Path) -> None:
    async with running(ScriptedEdge()) as edge:
        process = await asyncio.create_subprocess_exec(
            *python(path, SESSION, edge.url), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await process.communicate()

    assert process.returncode == 0, errors.decode()
    assert output.decode() == "['good morning.']\n"


def test_every_module_of_the_wheel_can_be_imported(path: Path) -> None:
    done = subprocess.run(python(path, EVERY_MODULE), capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_importing_the_client_imports_nothing_heavy() -> None:
    code = "import client, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "websockets" in imported
    assert not {"av", "numpy", "jiwer", "aiokafka", "faster_whisper", "rich", "click"} & set(imported)


def test_it_has_the_version_and_dependencies_of_the_whole() -> None:
    whole, client = (
        tomllib.loads(Path(file).read_text())["project"] for file in ("pyproject.toml", "client/pyproject.toml")
    )

    assert client["version"] == whole["version"]
    optional = [each for extra in client["optional-dependencies"].values() for each in extra]
    assert set(client["dependencies"] + optional) <= set(whole["dependencies"])
