"""Migrations: numbered `.sql` files, applied once and in order, never changed afterwards.

ClickHouse has no transactions around DDL, so an interrupted file is run again from the top: every statement must be
repeatable (`IF NOT EXISTS`)."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from infra.clickhouse.database import Database
from infra.errors import RostrumError
from infra.telemetry import get_logger

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number UInt32,
    name String,
    sha256 String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(applied_at) ORDER BY number
"""


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """A statement ends with a semicolon at the end of a line; comments are lines that begin with `--`."""
        code = "\n".join(line for line in self.sql.splitlines() if not line.lstrip().startswith("--"))
        return [statement.strip() for statement in re.split(r";\s*(?:\n|$)", code) if statement.strip()]


def migrations(folder: Traversable | None = None) -> list[Migration]:
    """The files in order. Raises ValueError if their numbers have a gap or a name does not match."""
    found = []
    for file in (folder or files("infra.clickhouse") / "migrations").iterdir():
        if not file.name.endswith(".sql"):
            continue
        named = _NAME.fullmatch(file.name)
        if not named:
            raise ValueError(f"{file.name}: a migration must be named like 0001_what_it_does.sql")
        found.append(Migration(int(named[1]), file.name, file.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"migrations must be numbered 1, 2, 3 …: {[migration.name for migration in found]}")
    return found


def pending(wanted: Sequence[Migration], applied: Iterable[tuple[int, str]]) -> list[Migration]:
    """The migrations still to be applied, given number and SHA-256 of those that were. Raises RostrumError if a file
    was changed, or if the database is newer than this program."""
    known = {migration.number: migration for migration in wanted}
    done = dict(applied)
    for number, sha256 in done.items():
        if number not in known:
            raise RostrumError(
                f"The database has migration {number}, which this version does not know.",
                "A newer version of Rostrum has used it: run that version.",
            )
        if known[number].sha256 != sha256:
            raise RostrumError(
                f"{known[number].name} was changed after it had been applied.",
                "Restore the file, and put the change into a new migration with the next number.",
            )
    return [migration for migration in wanted if migration.number not in done]


async def migrate(database: Database, wanted: Sequence[Migration] | None = None) -> list[Migration]:
    """Apply the missing migrations; returns them."""
    wanted = migrations() if wanted is None else wanted
    await database.command(_TABLE)
    applied = await database.query("SELECT number, sha256 FROM schema_migrations FINAL ORDER BY number")
    todo = pending(wanted, [(row["number"], row["sha256"]) for row in applied])
    for migration in todo:
        for statement in migration.statements:
            await database.command(statement)
        row = (migration.number, migration.name, migration.sha256)
        await database.insert("schema_migrations", ("number", "name", "sha256"), [row])
        get_logger("clickhouse").info("migration applied", name=migration.name)
    return todo
