"""The example worker of the documents, at a really running server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

import app
from engine.commands import instances
from engine.queries import instances as queries
from engine.queries import jobs
from engine.store.unit_of_work import Runtime
from tests.crash.test_server import server
from tests.drawing import diagram, end, service, start, user
from wiring import OPERATOR, opened

ROOT = Path(__file__).parents[2]
PROCESS = diagram(
    start(),
    service("ship", "parcel.ship"),
    user("check"),
    end(),
    flows=[("begin", "ship"), ("ship", "check"), ("check", "done")],
    pid="parcel",
)


def test_the_example_worker_does_jobs_over_http_until_it_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{tmp_path / 'server.sqlite'}"
    monkeypatch.setenv("SIGNALBOX_DATABASE", database)
    file = tmp_path / "parcel.bpmn"
    file.write_bytes(PROCESS)
    deployed = CliRunner().invoke(app.main, ["deploy", str(file), "--reason", "try"])
    assert deployed.exit_code == 0, deployed.output
    made = CliRunner().invoke(app.main, ["token", "make", "robot", "--job", "parcel.ship"])
    secret = made.output.strip()
    assert secret.startswith("sbx_")

    with opened(ship=False) as installation:
        run = installation.runtime.run
        good = run(OPERATOR, lambda work: instances.start(work, "parcel", {"to": "Köln"}))
        bad = run(OPERATOR, lambda work: instances.start(work, "parcel", {}))

    with server(database) as (base, _), opened(ship=False) as installation:
        environment = {**os.environ, "SIGNALBOX_TOKEN": secret}
        with subprocess.Popen(
            [sys.executable, "scripts/example_worker.py", base, "parcel.ship"],
            cwd=ROOT,
            env=environment,
        ) as worker:
            try:
                found = until_done(installation.runtime, good["instance"], bad["instance"])
            finally:
                worker.kill()
    assert found == ("Parcel to Köln", "KeyError: 'to'", 2)


def until_done(runtime: Runtime, good: int, bad: int) -> tuple[object, str, int]:
    """What the two cases came to, as soon as the worker has had both in its hands."""
    pause = threading.Event()
    for _ in range(600):
        with runtime.read() as reader:
            label = queries.get(reader, good).variables.get("label")
            [job] = jobs.of_instance(reader, bad)
        if label and job.error:
            return label, job.error, job.retries
        pause.wait(0.05)
    pytest.fail("The worker did not do its jobs within half a minute.")
