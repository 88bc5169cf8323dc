"""A real PostgreSQL for tests: one throw-away server a test process, a fresh database a test.

Nothing has to be configured and nothing is left behind: a small shell guards the server
and takes it down, with its files, as soon as the test process closes its end of a pipe,
be it by ending well, by failing or by being killed.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeAlias
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from scripts import machine

#: Fills a database, given its URL; run once, then copied for every test.
Prepare: TypeAlias = Callable[[str], None]

SETTINGS = {
    "listen_addresses": "",  # a socket in our own directory: no port that somebody else may hold
    "fsync": "off",  # the data lives as long as the tests
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",  # would hold on to the template while we copy it
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "Asia/Shanghai",  # a server zone other than UTC shows where we forgot ours
}

# $1 programs, $2 directory, $3 server options. One line on stdout says that the server answers.
GUARD = """
trap '' INT TERM
"$1/initdb" -D "$2/data" -U signalbox -A trust -E UTF8 --locale=C --no-sync >"$2/log" 2>&1 &&
"$1/pg_ctl" -D "$2/data" -w -s -t 60 -l "$2/log" -o "$3" start >>"$2/log" 2>&1 &&
echo ready
read -r _
"$1/pg_ctl" -D "$2/data" -w -s -m immediate stop >>"$2/log" 2>&1
rm -rf "$2"
"""


@dataclass(frozen=True)
class Cluster:
    """A running PostgreSQL server of our own."""

    directory: Path
    _numbers: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://signalbox@/{database}?host={quote(str(self.directory))}"

    def create(self, template: str = "template0") -> str:
        """Create a database as a copy of another one and return its name."""
        name = f"t{next(self._numbers)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), name, template)
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)"), database)

    def _run(self, statement: sql.SQL, *names: str) -> None:
        with psycopg.connect(
            host=str(self.directory), user="signalbox", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.format(*map(sql.Identifier, names)))


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Start a server of our own; it is gone when the block ends."""
    programs = machine.postgres()
    if programs is None:
        missing("PostgreSQL", "apt-get install postgresql")
    directory = Path(tempfile.mkdtemp(prefix="signalbox-pg-"))
    guard = _start(programs, directory)
    assert guard.stdin is not None
    assert guard.stdout is not None
    try:
        if guard.stdout.readline() != "ready\n":
            pytest.fail(f"PostgreSQL did not start:\n{(directory / 'log').read_text()}")
        yield Cluster(directory)
    finally:
        guard.stdin.close()
        guard.stdout.close()
        guard.wait()
        shutil.rmtree(directory, ignore_errors=True)  # only the empty directory, when we are root


def _start(programs: Path, directory: Path) -> subprocess.Popen[str]:
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    command = ["sh", "-c", GUARD, "guard", str(programs), str(directory)]
    command.append(f"{options} -c unix_socket_directories='{directory}'")
    # PostgreSQL refuses to run as root.
    account = _unprivileged() if os.geteuid() == 0 else None
    if account:
        os.chown(directory, account.pw_uid, account.pw_gid)
    return subprocess.Popen(
        command,
        cwd=directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the tests; the guard follows when they end
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def missing(program: str, command: str) -> NoReturn:
    """Fail a test whose program is not installed, or skip it where that was asked for."""
    sentence = f"{program} is missing. Install it: {command}"
    if os.environ.get("SIGNALBOX_ALLOW_SKIP") == "1":
        pytest.skip(sentence)
    pytest.fail(f"{sentence}; or set SIGNALBOX_ALLOW_SKIP=1.")


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    with cluster() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_prepare() -> Prepare:
    """What to put into every database; conftest.py overrides it with the migrations."""
    return lambda _url: None


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: Cluster, postgres_prepare: Prepare) -> str:
    name = postgres_cluster.create()
    postgres_prepare(postgres_cluster.url(name))
    return name


@pytest.fixture
def postgres_url(postgres_cluster: Cluster, postgres_template: str) -> Iterator[str]:
    """The URL of a fresh database, a copy of the prepared one."""
    name = postgres_cluster.create(postgres_template)
    yield postgres_cluster.url(name)
    postgres_cluster.drop(name)
