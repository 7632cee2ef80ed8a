"""Installing jars from a repository that fails, serves wrong files, or is used by two processes at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tenacity

from local import jars
from local.jars import JarsMissing, Program, faults, install, installed
from local.tcp_ports import free_port
from tests.support.supervised.maven_repository import Repository, maven_repository, path_of

PROGRAM = Program("small", "A small program")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """Two jars, `a` and `b`, that the program's lock names."""
    # Kept out of the tests' time, not out of the code: there are still three tries.
    monkeypatch.setattr(jars._fetch_once.retry, "wait", tenacity.wait_none())
    lock = tmp_path / "jgo.lock.toml"
    monkeypatch.setattr(Program, "lock_path", property(lambda _self: lock))
    with maven_repository() as served:
        point_jgo_at(served.url, tmp_path, monkeypatch)
        lock.write_text(served.add("a", b"first jar") + served.add("b", b"second jar"))
        yield served


def point_jgo_at(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = folder / "jgo.conf"
    config.write_text(f"[repositories]\ncentral = {url}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(config))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_jars_are_downloaded_completely_and_requested_once(repository: Repository, cache: Path) -> None:
    told: list[tuple[int, int]] = []
    folder = install(PROGRAM, cache, lambda done, total: told.append((done, total)))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "a-1.jar": b"first jar",
        "b-1.jar": b"second jar",
    }
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert install(PROGRAM, cache) == folder
    assert repository.asked[path_of("a")] == 1


def test_installed_jars_need_no_network(
    repository: Repository, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = install(PROGRAM, cache)
    point_jgo_at(f"http://127.0.0.1:{free_port()}", tmp_path, monkeypatch)
    asked = repository.asked.total()
    assert install(PROGRAM, cache) == folder
    assert repository.asked.total() == asked


def test_an_interrupted_download_is_continued(repository: Repository, cache: Path) -> None:
    repository.broken.add(path_of("b"))
    with pytest.raises(JarsMissing, match=r"b-1\.jar"):
        install(PROGRAM, cache)
    assert not installed(PROGRAM, cache)
    repository.broken.clear()
    install(PROGRAM, cache)
    assert installed(PROGRAM, cache)
    assert repository.asked[path_of("a")] == 1


def test_an_incomplete_jar_of_an_earlier_run_is_not_used(repository: Repository, cache: Path) -> None:
    staged = PROGRAM.folder(cache).with_suffix(".partial")
    staged.mkdir(parents=True)
    (staged / "a-1.jar").write_bytes(b"first")
    (staged / "b-1.jar").write_bytes(b"second jar")
    install(PROGRAM, cache)
    assert faults(PROGRAM, cache) == []
    assert repository.asked[path_of("b")] == 0


def test_a_file_that_is_not_the_locked_one_is_refused(repository: Repository, cache: Path) -> None:
    repository.files[path_of("a")] = b"something else"
    with pytest.raises(JarsMissing, match=r"a-1\.jar.*SHA-256"):
        install(PROGRAM, cache)
    assert not installed(PROGRAM, cache)
    assert repository.asked[path_of("a")] == 3
    assert not list(cache.glob("jars/*/a-1.jar"))


def test_only_a_deleted_jar_is_downloaded_again(repository: Repository, cache: Path) -> None:
    folder = install(PROGRAM, cache)
    (folder / "a-1.jar").unlink()
    install(PROGRAM, cache)
    assert faults(PROGRAM, cache) == []
    assert (repository.asked[path_of("a")], repository.asked[path_of("b")]) == (2, 1)


def test_two_stacks_that_start_together_download_once(repository: Repository, cache: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        folders = set(pool.map(lambda _number: install(PROGRAM, cache), range(2)))
    assert folders == {PROGRAM.folder(cache)}
    assert repository.asked[path_of("a")] == repository.asked[path_of("b")] == 1


@pytest.mark.usefixtures("repository")
def test_without_a_network_the_fix_is_named(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point_jgo_at(f"http://127.0.0.1:{free_port()}", tmp_path, monkeypatch)
    with pytest.raises(JarsMissing, match=r"Could not download.*internet.*mirror.*ROSTRUM_CACHE"):
        install(PROGRAM, cache)
