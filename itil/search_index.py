"""What full-text search needs of a database: an index of trigrams over the texts of a table.

Trigrams find parts of words and Chinese without knowing where a word ends. SQLite keeps them in an
FTS5 table over the rows themselves, PostgreSQL in a GIN index of pg_trgm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import DDL, Table, event


@dataclass(frozen=True, slots=True)
class Indexed:
    """A table whose texts are searched."""

    table: str
    key: str  #: its column of whole numbers that never change
    columns: Sequence[str]

    @property
    def index(self) -> str:
        """Name of the FTS5 table."""
        return f"{self.table}_fts"

    @property
    def text(self) -> str:
        """Everything that is searched, as one lower-case text; the same expression as its index."""
        parts = " || ' ' || ".join(f"coalesce({self.table}.{name}, '')" for name in self.columns)
        return f"lower({parts})"

    def statements(self, dialect: str) -> list[str]:
        """What makes the index, and keeps it."""
        return list(self._sqlite() if dialect == "sqlite" else self._postgresql())

    def _sqlite(self) -> Iterator[str]:
        names = ", ".join(self.columns)
        yield (
            f"CREATE VIRTUAL TABLE {self.index} USING fts5({names}, content='{self.table}', "
            f"content_rowid='{self.key}', tokenize='trigram')"
        )
        new = ", ".join(f"new.{name}" for name in (self.key, *self.columns))
        old = ", ".join(f"old.{name}" for name in (self.key, *self.columns))
        add = f"INSERT INTO {self.index} (rowid, {names}) VALUES ({new});"  # noqa: S608 - names of ours
        into = f"{self.index} ({self.index}, rowid, {names})"
        take = f"INSERT INTO {into} VALUES ('delete', {old});"  # noqa: S608 - names of ours
        changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in self.columns)
        on = f"ON {self.table}"
        yield f"CREATE TRIGGER {self.index}_added AFTER INSERT {on} BEGIN {add} END"
        yield f"CREATE TRIGGER {self.index}_taken AFTER DELETE {on} BEGIN {take} END"
        yield (
            f"CREATE TRIGGER {self.index}_changed AFTER UPDATE OF {names} {on} "
            f"WHEN {changed} BEGIN {take} {add} END"
        )

    def _postgresql(self) -> Iterator[str]:
        yield "CREATE EXTENSION IF NOT EXISTS pg_trgm"
        yield (
            f"CREATE INDEX ix_{self.table}_words ON {self.table} "
            f"USING gin (({self.text}) gin_trgm_ops)"
        )


def keep(table: Table, indexed: Indexed) -> None:
    """Make the index whenever the table is made."""
    for dialect in ("sqlite", "postgresql"):
        for statement in indexed.statements(dialect):
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
