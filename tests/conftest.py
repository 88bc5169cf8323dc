"""Fixtures: a clock that stands still, a database of each kind, and a desk on it."""

from __future__ import annotations

import shutil
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
from tests import office as office_module
from tests.desk import Desk
from tests.office import Office

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


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with everything shipped, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("furnished")
    with office_module.opened(folder, ManualClock(MONDAY)):
        pass
    return folder / "office.sqlite"


@pytest.fixture
def office(furnished: Path, tmp_path: Path, clock: ManualClock) -> Iterator[Office]:
    shutil.copy(furnished, tmp_path / "office.sqlite")
    with office_module.opened(tmp_path, clock, ready=True) as opened:
        yield opened


@pytest.fixture
def desk(runtime: Runtime, clock: ManualClock) -> Desk:
    return Desk(runtime, clock)
