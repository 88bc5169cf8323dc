"""The test server itself: fresh for every test, and gone afterwards, whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from scripts.machine import ROOT
from tests.postgres import Cluster

HOLD_A_SERVER = """
from tests.postgres import cluster
with cluster() as server:
    print(server.directory, flush=True)
    input()
"""


@pytest.mark.parametrize("number", [1, 2])
def test_every_test_gets_a_fresh_database(postgres_url: str, number: int) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (id integer)"))
        connection.execute(text("INSERT INTO mine VALUES (:number)"), {"number": number})
        assert connection.execute(text("SELECT count(*) FROM mine")).scalar_one() == 1
    engine.dispose()


def test_a_prepared_database_is_copied_with_its_rows(postgres_cluster: Cluster) -> None:
    template = postgres_cluster.create()
    engine = create_engine(postgres_cluster.url(template))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE people AS SELECT 'ann' AS login"))
    engine.dispose()

    copy = create_engine(postgres_cluster.url(postgres_cluster.create(template)))
    with copy.begin() as connection:
        assert connection.execute(text("SELECT login FROM people")).scalar_one() == "ann"
    copy.dispose()


def test_the_server_is_gone_even_when_the_test_process_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_A_SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stderr is not None
        directory = Path(holder.stdout.readline().strip())
        server = int((directory / "data" / "postmaster.pid").read_text().split()[0])

        holder.send_signal(signal.SIGKILL)
        holder.stderr.read()  # the guard holds the other end until it has cleaned up

    assert not directory.exists()
    command = Path(f"/proc/{server}/cmdline")  # empty when only waiting to be reaped
    assert not command.exists() or command.read_bytes() == b""
