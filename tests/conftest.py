"""Fixtures: a clock that stands still, a database of each kind, and a desk on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.tables import metadata
from engine.store.unit_of_work import Runtime
from engine.topics import Topics
from tests.desk import Desk

#: A Monday, 09:00 UTC.
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def topics() -> Topics:
    return Topics()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'test.sqlite'}", safe=False)
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def runtime(database: Database, clock: ManualClock, topics: Topics) -> Runtime:
    return Runtime(database, clock, topics, Catalogue())


@pytest.fixture
def desk(runtime: Runtime, clock: ManualClock) -> Desk:
    return Desk(runtime, clock)
