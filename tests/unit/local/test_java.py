from pathlib import Path

import pytest

from local.java import find_java


def home(folder: Path, version: str) -> str:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").touch(mode=0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="somebody"\nJAVA_VERSION="{version}"\n')
    return str(folder)


def test_java_comes_with_pip() -> None:
    java = find_java("")
    assert java.executable.exists()
    assert java.version >= 17
    assert not java.unusable


@pytest.mark.parametrize(("version", "major"), [("17.0.9", 17), ("21", 21), ("25.0.2", 25)])
def test_a_java_home_that_is_new_enough_is_used(tmp_path: Path, version: str, major: int) -> None:
    java = find_java(home(tmp_path, version))
    assert (java.executable, java.version) == (tmp_path / "bin" / "java", major)


@pytest.mark.parametrize("version", ["11.0.1", "1.8.0_392"])
def test_a_java_home_that_is_too_old_is_not_used_and_reported(tmp_path: Path, version: str) -> None:
    java = find_java(home(tmp_path, version))
    assert str(tmp_path) in java.unusable
    assert java.version >= 17


def test_a_java_home_that_does_not_exist_is_not_used(tmp_path: Path) -> None:
    assert "none" in find_java(str(tmp_path / "none")).unusable


def test_options_for_newer_runtimes_are_not_passed_to_older_ones(tmp_path: Path) -> None:
    assert find_java(home(tmp_path, "17.0.9")).quiet_options == ()
