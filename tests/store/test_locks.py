"""Who waits for whom on PostgreSQL, where two transactions really run at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

import wiring
from engine.clock import ManualClock
from engine.commands import definitions, migrations, tasks
from engine.commands import instances as instance_commands
from engine.store import instances
from engine.store import migrations as store
from engine.store.unit_of_work import UnitOfWork
from itil import cases, level_sweep
from tests.conftest import MONDAY
from tests.drawing import diagram, end, start
from tests.office import ADMIN, Office, opened

#: Looks for a session of this database that waits for a lock of another.
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
LOOKS = 100_000


@pytest.fixture
def place(postgres_url: str, tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path, ManualClock(MONDAY), postgres_url) as office:
        yield office


def until_somebody_waits(work: UnitOfWork) -> None:
    for _ in range(LOOKS):
        work.connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        if work.connection.execute(WAITING).scalar_one():
            return
    pytest.fail("Nobody waits for this transaction.")


def beside(act: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """A thread, not started, and what its act will have answered or raised."""
    answered: list[object] = []

    def one() -> None:
        try:
            answered.append(act())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            answered.append(error)

    return threading.Thread(target=one), answered


def test_a_sweep_and_a_command_on_one_case_wait_for_each_other_in_turn(place: Office) -> None:
    incident = place.open_incident()
    incident.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)
    place.clock.advance(timedelta(minutes=10))
    sweep, fired = beside(lambda: level_sweep.run_due(place.runtime))

    def respond(work: UnitOfWork) -> None:
        instances.lock(work, incident.id)
        sweep.start()
        until_somebody_waits(work)
        cases.comment(work, incident.number, "We are on it.", public=True)

    place.runtime.run(place.person("nora"), respond)
    sweep.join()

    assert fired == [1]  # what was reached before the response
    assert incident.clocks()["response"].fired == (50,)


def test_a_form_sent_twice_at_the_same_moment_works_once(place: Office) -> None:
    rita = place.person("rita")
    given = {"summary": "The printer is on fire", "requester": "rita"}

    def report(work: UnitOfWork) -> dict[str, object]:
        return cases.open_case(work, "incident", given)

    second, answered = beside(lambda: place.runtime.run(rita, report, "twice"))

    def first(work: UnitOfWork) -> dict[str, object]:
        opened = report(work)
        second.start()
        until_somebody_waits(work)
        return opened

    result = place.runtime.run(rita, first, "twice")
    second.join()

    assert answered == [result]


def test_of_two_deployments_at_once_the_second_gets_the_next_version(place: Office) -> None:
    def deploy(work: UnitOfWork, name: str) -> list[dict[str, object]]:
        source = diagram(start(), end(name), flows=[("begin", name)])
        return definitions.deploy(work, {"p.bpmn": source}, "test")

    second, answered = beside(
        lambda: place.runtime.run(ADMIN, lambda work: deploy(work, "later")[0]["version"])
    )

    def first(work: UnitOfWork) -> list[dict[str, object]]:
        deployed = deploy(work, "sooner")
        second.start()
        until_somebody_waits(work)
        return deployed

    place.runtime.run(ADMIN, first)
    second.join()

    assert answered == [2]


def test_a_task_that_is_completed_while_its_instance_moves_waits_and_then_goes_on(
    place: Office,
) -> None:
    """Whoever comes second works on what the first has left, never on half of it."""
    source = wiring.shipped_files()["workflows/incident/incident.bpmn"] + b"\n"
    incident = place.open_incident()
    task = incident.open()[0]
    files = {"incident.bpmn": source}
    place.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "a test"))
    begun = place.runtime.run(
        ADMIN, lambda work: migrations.begin(work, "incident", ([1], 2), {}, "a test")
    )
    assert begun["plan"] == 1
    with place.runtime.read() as reader:
        plan = store.get(reader.connection, 1)
    ben = place.person("ben")
    values = {"category": "network", "service": "network", "impact": 3, "urgency": 3}
    second, answered = beside(
        lambda: place.runtime.run(ben, lambda work: tasks.complete(work, task.id, values))
    )

    def first(work: UnitOfWork) -> None:
        migrations.step(work, plan, incident.id)
        second.start()
        until_somebody_waits(work)

    place.runtime.run(ADMIN, first)
    second.join()

    assert isinstance(answered[0], dict), answered
    assert incident.row.version == 2
    assert [row.action for row in incident.trail()[:3]] == [
        "instance.started",
        "instance.migrated",
        "task.completed",
    ]
    assert incident.chain().ok


def test_an_instance_that_ends_before_a_migration_gets_to_it_is_left_alone(place: Office) -> None:
    source = wiring.shipped_files()["workflows/incident/incident.bpmn"] + b"\n"
    incident = place.open_incident()
    files = {"incident.bpmn": source}
    place.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "a test"))
    place.runtime.run(
        ADMIN, lambda work: migrations.begin(work, "incident", ([1], 2), {}, "a test")
    )
    with place.runtime.read() as reader:
        plan = store.get(reader.connection, 1)
    second, answered = beside(
        lambda: place.runtime.run(ADMIN, lambda work: migrations.step(work, plan, incident.id))
    )

    def first(work: UnitOfWork) -> None:
        instance_commands.cancel(work, incident.id, "raised twice")
        second.start()
        until_somebody_waits(work)

    place.runtime.run(ADMIN, first)
    second.join()

    assert answered == [False]
    assert (incident.status, incident.row.version) == ("cancelled", 1)
