"""Ended instances that are deleted: their rows go, their audit trails stay."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.commands import instances
from engine.commands.errors import AdminsOnly, InstanceNotEnded, ReasonMissing
from engine.errors import CalledByAnother, InstanceNotFound
from engine.store import tables
from itil import cases
from tests.conftest import both_databases
from tests.desk import Case, Desk
from tests.office import Office
from tests.scenarios.lifecycle.steps import ADMIN, WHY, run, system, two_steps
from tests.scenarios.lifecycle.test_suspension import called


def delete(case: Case) -> None:
    run(case.desk, lambda work: instances.delete(work, case.id, WHY), ADMIN)


@both_databases
def test_an_ended_instance_goes_and_its_chain_stays_whole(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start(key="A-1")
    case.complete("check")
    case.complete("approve")
    events = len(case.trail())

    delete(case)

    with pytest.raises(InstanceNotFound):
        _ = case.row
    with desk.runtime.read() as reader:
        for table in (tables.user_tasks, tables.timers, tables.subscriptions, tables.worklist):
            assert reader.connection.execute(select(table)).all() == []
    assert len(case.trail()) == events
    assert case.chain().ok
    stone = system(desk)[-1]
    assert (stone.action, stone.subject, stone.actor) == ("instance.deleted", "instance:1", "adam")
    assert stone.details["reason"] == WHY
    assert stone.details["number"] == "A-1"


def test_a_cut_off_end_of_a_deleted_instances_chain_still_shows(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()
    case.complete("check")
    case.complete("approve")
    delete(case)

    with desk.runtime.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER events_no_delete")
        last = (tables.events.c.stream == "instance:1") & (tables.events.c.seq == 3)
        connection.execute(tables.events.delete().where(last))
        connection.commit()

    assert not case.chain().ok


def test_only_an_admin_may_and_only_when_it_has_ended(desk: Desk) -> None:
    desk.deploy(two_steps())
    case = desk.start()

    with pytest.raises(AdminsOnly):
        run(desk, lambda work: instances.delete(work, case.id, WHY))
    with pytest.raises(InstanceNotEnded, match="is active"):
        delete(case)
    with pytest.raises(ReasonMissing):
        run(desk, lambda work: instances.delete(work, case.id, ""), ADMIN)
    assert [row.action for row in system(desk)][-1] == "refused"
    assert case.waits_at() == ["check"]


def test_what_it_has_called_goes_with_it(desk: Desk) -> None:
    case, inner = called(desk)
    inner.complete("inside")
    assert case.status == "completed"

    with pytest.raises(CalledByAnother):
        delete(inner)
    delete(case)

    with pytest.raises(InstanceNotFound):
        _ = inner.row
    gone = [row.subject for row in system(desk) if row.action == "instance.deleted"]
    assert gone == [f"instance:{inner.id}", f"instance:{case.id}"]


def test_the_case_and_its_clocks_go_with_the_instance(office: Office) -> None:
    incident = office.open_incident()
    run(office, lambda work: instances.cancel(work, incident.id, WHY), ADMIN)

    delete(incident)

    with pytest.raises(cases.CaseNotFound):
        _ = incident.record
    assert incident.chain().ok
