import hashlib
import re
from pathlib import Path

import pytest
from jgo.env import EnvironmentSpec, compute_spec_hash
from jgo.env import LockFile as JgoLock

from local.jars import KAFKA, LANGUAGETOOL, Program, faults, installed


@pytest.mark.parametrize("program", [KAFKA, LANGUAGETOOL], ids=lambda program: program.name)
class TestCommittedLocks:
    def test_every_jar_has_a_hash_and_a_name_of_its_own(self, program: Program) -> None:
        jars = program.jars()
        assert len(jars) > 40
        assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in jars)

    def test_the_lock_matches_its_specification(self, program: Program) -> None:
        assert JgoLock.load(program.lock_path).spec_hash == compute_spec_hash(program.spec_path)

    def test_the_lock_contains_the_requested_artifacts(self, program: Program) -> None:
        locked = {f"{jar.group}:{jar.artifact}:{jar.version}" for jar in program.jars()}
        assert set(EnvironmentSpec.load(program.spec_path).coordinates) <= locked

    def test_the_lock_contains_no_address(self, program: Program) -> None:
        assert "://" not in program.lock_path.read_text() + program.spec_path.read_text()


def test_kafka_and_its_clients_have_one_version() -> None:
    assert {jar.version for jar in KAFKA.jars() if jar.group == "org.apache.kafka"} == {"4.1.0"}


def locked(folder: Path, monkeypatch: pytest.MonkeyPatch, *entries: str) -> Program:
    program = Program("small", "A small program")
    monkeypatch.setattr(Program, "lock_path", property(lambda _self: folder / "jgo.lock.toml"))
    blocks = (f'[[dependencies]]\ngroupId = "g"\nversion = "1"\n{entry}\n' for entry in entries)
    (folder / "jgo.lock.toml").write_text("\n".join(blocks))
    return program


def test_a_lock_without_a_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = locked(tmp_path, monkeypatch, 'artifactId = "a"')
    with pytest.raises(ValueError, match="without a hash"):
        program.jars()


def test_two_jars_with_one_file_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = 'artifactId = "a"\nsha256 = "00"'
    program = locked(tmp_path, monkeypatch, entry, entry)
    with pytest.raises(ValueError, match="one file name"):
        program.jars()


def test_a_different_lock_gives_a_different_folder_and_damage_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = hashlib.sha256(b"jar").hexdigest()
    program = locked(tmp_path, monkeypatch, f'artifactId = "a"\nsha256 = "{right}"')
    folder = program.folder(tmp_path)
    assert not installed(program, tmp_path)
    folder.mkdir(parents=True)
    (folder / "a-1.jar").write_bytes(b"jar")
    assert installed(program, tmp_path)
    assert faults(program, tmp_path) == []
    (folder / "a-1.jar").write_bytes(b"half")
    assert faults(program, tmp_path) == ["a-1.jar"]
    locked(tmp_path, monkeypatch, f'artifactId = "b"\nsha256 = "{"0" * 64}"')
    assert program.folder(tmp_path) != folder
