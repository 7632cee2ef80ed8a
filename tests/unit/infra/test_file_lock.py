"""A lock that is tied to a file."""

from pathlib import Path

import pytest

from infra.file_lock import Locked, file_lock


def test_a_held_lock_is_refused_to_others_until_its_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a folder that is made" / "lock"
    with file_lock(path), pytest.raises(Locked), file_lock(path, wait=False):
        pass
    with file_lock(path, wait=False):
        pass


def test_a_block_that_raises_releases_the_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyError), file_lock(tmp_path / "lock"):
        raise KeyError
    with file_lock(tmp_path / "lock", wait=False):
        pass


def test_locks_on_two_files_are_independent(tmp_path: Path) -> None:
    with file_lock(tmp_path / "one", wait=False), file_lock(tmp_path / "other", wait=False):
        pass
