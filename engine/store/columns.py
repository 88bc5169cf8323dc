"""What the columns of every table are made of: one metadata, moments, JSON.

Moments are stored as UTC with microseconds, JSON as text.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, MetaData, Text, TypeDecorator

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    },
)


def _utc(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError(f"Moment {value} has no time zone.")
    return None if value is None else value.astimezone(UTC)


def _to_sqlite(value: datetime | None) -> str | None:
    utc = _utc(value)
    return None if utc is None else utc.replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_sqlite(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def _from_postgresql(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _from_json(text: str | None) -> Any:  # noqa: ANN401
    return None if text is None else orjson.loads(text)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; naive values are refused at the door."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """To the database: UTC; SQLite keeps a text without zone."""
        return _to_sqlite if dialect.name == "sqlite" else _utc

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        """From the database: aware. One call a value, where a decorated type makes three."""
        return _from_sqlite if dialect.name == "sqlite" else _from_postgresql


class Json(TypeDecorator[Any]):
    """A JSON value as compact text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """To the database: text with keys in the order given."""
        return None if value is None else orjson.dumps(value).decode()

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:
        """From the database: the value."""
        return _from_json
