"""Jobs on instances that go on on another version, and that are deleted."""

from __future__ import annotations

from sqlalchemy import func, select

from engine.commands import instances
from engine.store import tables
from engine.topics import Topics
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import diagram, end, service, start
from tests.scenarios.engine.payments import Line, job_of
from tests.scenarios.lifecycle.steps import ADMIN, WHY, migrate, run


def paying(element: str, handler: str) -> bytes:
    flows = [("begin", element), (element, "done")]
    return diagram(start(), service(element, handler), end(), flows=flows)


@both_databases
def test_a_job_goes_on_under_the_name_that_its_element_has_there(
    desk: Desk, topics: Topics
) -> None:
    line = Line(topics)
    desk.deploy(paying("pay", "pay"))
    case = desk.start(amount=7)
    before = job_of(case)
    desk.deploy(paying("settle", "pay"))

    assert migrate(desk, names={"pay": "settle"}).moved == 1

    after = job_of(case)
    assert (after.id, after.element, after.due_at) == (before.id, "settle", before.due_at)
    line.fault = None
    assert desk.advance(minutes=1).fired == 1
    assert case.status == "completed"


def test_a_stalled_job_is_tried_by_the_handler_that_the_new_version_names(
    desk: Desk, topics: Topics
) -> None:
    Line(topics)
    desk.deploy(paying("pay", "abroad"))
    case = desk.start(amount=7)
    assert job_of(case).state == "ready"
    desk.deploy(paying("pay", "pay"))

    migrate(desk)
    desk.advance(seconds=1)

    assert (job_of(case).type, job_of(case).error) == ("pay", "OSError: the line is dead")


@both_databases
def test_jobs_go_with_their_instance(desk: Desk) -> None:
    desk.deploy(paying("pay", "abroad"))
    case = desk.start()

    run(desk, lambda work: instances.cancel(work, case.id, WHY), ADMIN)
    run(desk, lambda work: instances.delete(work, case.id, WHY), ADMIN)

    with desk.runtime.read() as reader:
        count = reader.connection.execute(select(func.count()).select_from(tables.jobs)).scalar()
    assert count == 0
