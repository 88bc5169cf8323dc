"""Who of a group gets an incident, as members.dmn says (INC-09)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

import wiring
from engine.bpmn.drawing import Place
from engine.commands import definitions, tasks
from engine.errors import DiagramRejected, NotYourTask
from engine.queries import audit
from engine.store.instances import Loaded
from engine.store.unit_of_work import UnitOfWork
from itil import delegations, people, skills
from tests.office import ADMIN, Incident, Office

TABLE = "workflows/incident/members.dmn"
FIXED = {"outcome": "resolve", "resolution_code": "fixed", "resolution": "Restarted it."}


def about_mail(office: Office) -> Incident:
    """An incident that the desk classified; mail is the servers group's, nora and carl."""
    incident = office.open_incident(summary="No mail")
    incident.complete("Classify", "ben", category="software", service="mail", impact=2, urgency=2)
    return incident


def choose(office: Office, choice: str, skill: str = "null") -> None:
    """Deploy the table with another choice for the servers group, as an admin does."""
    text = wiring.shipped_files()[TABLE].decode()
    parts = text.replace('<text>"least-loaded"</text>', f'<text>"{choice}"</text>').split(
        "<text>null</text>", 1
    )
    changed = f"<text>{skill}</text>".join(parts)
    office.runtime.run(
        ADMIN, lambda work: definitions.deploy(work, {TABLE: changed.encode()}, "another choice")
    )


def away(office: Office, login: str, delegate: str) -> None:
    now = office.clock.now()

    def add(work: UnitOfWork) -> int:
        return delegations.add(work, login, delegate, now, now + timedelta(days=1))

    office.runtime.run(office.person(login), add)


def chosen(incident: Incident) -> list[dict[str, object]]:
    with incident.office.runtime.read() as reader:
        rows = audit.trail(reader, f"instance:{incident.id}", 0, 100)
    return [one for row in rows for one in row.details.get("chosen", [])]


def assignees(office: Office, count: int) -> list[str | None]:
    return [about_mail(office).record.assignee for _ in range(count)]


def test_inc_09_the_least_loaded_of_the_group_gets_it_and_the_trail_says_why(
    office: Office,
) -> None:
    first, second = about_mail(office), about_mail(office)

    assert (first.record.group, first.state) == ("servers", "assigned")
    assert [first.record.assignee, second.record.assignee] == ["carl", "nora"]
    why = {"element": "diagnose", "choice": "least-loaded", "group": "servers", "load": 0}
    assert chosen(first) == [{**why, "person": "carl"}]
    assert [task.assignee for task in first.open()] == ["carl"]


def test_inc_09_whoever_got_it_may_give_it_back_to_the_group(office: Office) -> None:
    incident = about_mail(office)
    task = incident.open()[0]

    office.runtime.run(office.person("carl"), lambda work: tasks.release(work, task.id))
    given_back = incident.record.assignee
    incident.claim("Diagnose", "nora")

    assert given_back is None
    assert (incident.record.assignee, incident.state) == ("nora", "in_progress")


def test_inc_09_other_groups_share_their_list_and_the_last_rule_is_the_default_group(
    office: Office,
) -> None:
    incident = office.open_incident()
    incident.complete("Classify", "ben", category="other", impact=3, urgency=3)

    assert (incident.record.group, incident.record.assignee) == ("service-desk", None)
    assert chosen(incident) == []


def test_inc_09_an_admin_switches_the_choice_by_the_table_alone(office: Office) -> None:
    by_load = assignees(office, 1)
    choose(office, "none")
    shared = assignees(office, 1)
    choose(office, "round-robin")
    in_turn = assignees(office, 4)

    assert (by_load, shared) == (["carl"], [None])
    assert in_turn == ["nora", "carl", "nora", "carl"]


def test_inc_09_a_skill_goes_before_load(office: Office) -> None:
    choose(office, "skill", '"mail"')
    nora_alone = assignees(office, 2)
    office.runtime.run(ADMIN, lambda work: skills.keep(work, "carl", "ERP,  Mail , mail"))
    both = assignees(office, 2)

    assert (nora_alone, both) == (["nora", "nora"], ["carl", "carl"])


def test_inc_09_whoever_is_away_or_has_left_is_passed_over(office: Office) -> None:
    away(office, "carl", "li")
    present = assignees(office, 2)
    office.advance(days=2)
    office.runtime.run(ADMIN, lambda work: people.deactivate(work, "nora"))
    back = assignees(office, 1)

    assert (present, back) == (["nora", "nora"], ["carl"])


def test_inc_09_whom_a_guard_refuses_is_passed_over(office: Office) -> None:
    def not_carl(_: UnitOfWork, __: Loaded, place: Place, person: str, act: str) -> None:
        if (place.id, person, act) == ("diagnose", "carl", "assign"):
            raise NotYourTask(0, person, [])

    office.runtime = replace(office.runtime, guards=(*office.runtime.guards, not_carl))

    assert assignees(office, 2) == ["nora", "nora"]


@pytest.mark.parametrize(("choice", "skill"), [("least-loaded", "null"), ("skill", '"mail"')])
def test_inc_09_where_nobody_is_left_it_stays_with_the_group(
    office: Office, choice: str, skill: str
) -> None:
    choose(office, choice, skill)
    away(office, "carl", "li")
    away(office, "nora", "li")

    incident = about_mail(office)

    assert incident.record.assignee is None
    assert incident.open()[0].candidates == ["group:servers"]
    assert chosen(incident)[0]["person"] is None


def test_inc_09_whoever_has_the_case_goes_on_with_it_after_a_wait(office: Office) -> None:
    incident = about_mail(office)
    question = {"outcome": "wait_user", "question": "Which mailbox?"}
    until = (office.clock.now() + timedelta(days=1)).isoformat()
    incident.complete("Diagnose", "carl", **question, pending_until=until)
    assignees(office, 4)  # after which it would be nora's turn

    incident.complete("await_user", "rita", answer="Mine.")

    assert incident.waits_at() == ["diagnose"]
    assert incident.record.assignee == "carl"
    assert chosen(incident)[-1]["kept"] is True


def test_inc_09_a_table_that_answers_something_else_stops_no_case(office: Office) -> None:
    shipped = wiring.shipped_files()[TABLE].decode()
    parts = shipped.rsplit('"least-loaded"', 1)
    files = {TABLE: '"x" + 1'.join(parts).encode()}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "a slip"))

    incident = about_mail(office)

    assert incident.waits_at() == ["diagnose"]
    assert incident.record.assignee is None


def test_inc_09_a_table_that_a_task_names_exists_and_stays(office: Office) -> None:
    path = "workflows/incident/incident.bpmn"
    diagram = wiring.shipped_files()[path].replace(b'value="members"', b'value="mebers"')
    renamed = wiring.shipped_files()[TABLE].replace(b'<decision id="members"', b'<decision id="m"')

    for files in ({path: diagram}, {TABLE: renamed.replace(b'Ref="members"', b'Ref="m"')}):
        with pytest.raises(DiagramRejected, match="members"):
            office.runtime.run(ADMIN, partial(definitions.deploy, files=files, reason="a slip"))
