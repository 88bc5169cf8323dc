"""Fixtures: a clock that stands still, a database of each kind, and a desk on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import wiring
from engine.clock import ManualClock
from engine.store.catalogue import Catalogue
from engine.store.columns import metadata
from engine.store.database import Database
from engine.store.unit_of_work import Runtime
from engine.topics import Topics
from tests import office as office_module
from tests.desk import Desk
from tests.office import Office

pytest_plugins = ["tests.postgres"]

#: A Monday, 09:00 UTC.
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(MONDAY)


@pytest.fixture
def topics() -> Topics:
    return Topics()


#: Marks a module or test that must hold on both databases.
both_databases = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgres_prepare() -> Callable[[str], None]:
    """What every PostgreSQL database of the tests begins with: our tables, by our migrations."""

    def migrate(url: str) -> None:
        database = Database(url)
        wiring.migrate_database(database)
        database.close()

    return migrate


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with our tables: SQLite, or what `both_databases` asks for."""
    if getattr(request, "param", "sqlite") == "postgresql":
        opened = Database(request.getfixturevalue("postgres_url"))
    else:
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


@pytest.fixture(params=["sqlite", "postgresql"])
def either_office(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock
) -> Iterator[Office]:
    """A furnished office on each database; only what reads and writes tables in a new way asks."""
    if request.param == "sqlite":
        yield request.getfixturevalue("office")
        return
    url = request.getfixturevalue("postgres_url")
    with office_module.opened(tmp_path, clock, url) as opened:
        yield opened


@pytest.fixture
def desk(runtime: Runtime, clock: ManualClock) -> Desk:
    return Desk(runtime, clock)
