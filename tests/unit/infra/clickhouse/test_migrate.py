"""Migrations: their files, and what is still to be applied."""

from pathlib import Path

import pytest

from infra.clickhouse.migrate import Migration, migrations, pending
from infra.errors import RostrumError

FIRST = Migration(1, "0001_first.sql", "CREATE TABLE a (x UInt8) ENGINE = Memory;")
SECOND = Migration(2, "0002_second.sql", "CREATE TABLE b (x UInt8) ENGINE = Memory;")


def test_the_migrations_are_numbered_and_repeatable() -> None:
    for migration in migrations():
        for statement in migration.statements:
            assert "IF NOT EXISTS" in statement or "IF EXISTS" in statement, f"{migration.name}: {statement[:60]}"


def test_every_table_of_facts_has_org_and_groups() -> None:
    tables = [statement for statement in migrations()[0].statements if "CREATE TABLE" in statement]
    assert len(tables) == 5
    for table in tables:
        assert "    org " in table
        assert "    groups " in table


def test_statements_end_at_the_end_of_a_line() -> None:
    sql = "-- one; two\nCREATE TABLE a (x String COMMENT 'a; b');\n\n-- more\nSELECT 1;\nSELECT 2"
    assert Migration(1, "0001_x.sql", sql).statements == [
        "CREATE TABLE a (x String COMMENT 'a; b')",
        "SELECT 1",
        "SELECT 2",
    ]


def test_applied_migrations_are_not_pending() -> None:
    assert pending([FIRST, SECOND], []) == [FIRST, SECOND]
    assert pending([FIRST, SECOND], [(1, FIRST.sha256)]) == [SECOND]


def test_a_file_changed_after_it_was_applied_is_refused() -> None:
    with pytest.raises(RostrumError, match=r"0001_first\.sql was changed"):
        pending([FIRST], [(1, SECOND.sha256)])


def test_a_newer_database_is_refused() -> None:
    with pytest.raises(RostrumError, match="migration 2"):
        pending([FIRST], [(1, FIRST.sha256), (2, SECOND.sha256)])


@pytest.mark.parametrize("names", [["0002_x.sql"], ["0001_x.sql", "0003_y.sql"], ["1_x.sql"], ["0001_X.sql"]])
def test_invalid_file_names_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(ValueError, match="migration"):
        migrations(tmp_path)


def test_other_files_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "0001_x.sql").write_text("SELECT 1;")
    (tmp_path / "README.md").write_text("about")
    assert [migration.name for migration in migrations(tmp_path)] == ["0001_x.sql"]
