"""The database: SQLite in a file of its own, or PostgreSQL.

SQLite is driven with explicit transactions: `BEGIN IMMEDIATE` for work that writes, because the
driver's own mode silently lost updates, and one lock in the process, because SQLite's busy waiting
is unfair. One process owns the file.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

#: How long a statement waits for another process's lock.
BUSY_SECONDS = 30
_QUEUE = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


class Database:
    """Opens transactions, for writing or for reading."""

    def __init__(self, url: str, *, safe: bool = True) -> None:
        """Take a SQLAlchemy URL; `safe=False` trades durability for speed in simulations."""
        self.url = url
        self.engine = _sqlite(url, safe=safe) if url.startswith("sqlite") else _postgres(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._write_lock = threading.Lock()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a write transaction; whoever opens it commits or rolls back."""
        if not self.is_sqlite:
            with self.engine.connect() as connection:
                yield connection
            return
        with self._write_lock, self.engine.connect() as connection:
            connection.info["writes"] = True
            try:
                yield connection
            finally:
                connection.rollback()
                connection.info["writes"] = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that only reads."""
        with self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _postgres(url: str) -> Engine:
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_pre_ping=True,
        pool_size=20,
        connect_args={"connect_timeout": 3},
    )


def _sqlite(url: str, *, safe: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def settle(connection: SqliteConnection, _: Any) -> None:  # noqa: ANN401
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if safe else 'OFF'}",
            "foreign_keys=ON",
            "recursive_triggers=ON",  # else INSERT OR REPLACE slips past the event triggers
            f"busy_timeout={BUSY_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = "BEGIN IMMEDIATE" if connection.info.get("writes") else "BEGIN"
        # Straight to the driver: this stands before every read and write.
        connection.connection.driver_connection.execute(mode)  # type: ignore[union-attr]

    return engine


def queue_for(connection: Connection, name: str) -> None:
    """Wait until no other transaction holds this name, and hold it until this one ends.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_QUEUE, {"name": name})
