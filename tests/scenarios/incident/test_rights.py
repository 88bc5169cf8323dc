"""Who may give tasks away, what a closed case still takes, whose word is a response."""

from __future__ import annotations

import pytest

from engine.commands import instances, tasks
from engine.errors import Forbidden
from itil.cases import CaseClosed
from tests.office import ADMIN, Incident, Office


def classify_task(incident: Incident) -> int:
    return incident.open()[0].id


def test_only_its_holder_and_dispatchers_release_a_task(office: Office) -> None:
    incident = office.open_incident()
    incident.claim("classify", "ben")
    task = classify_task(incident)

    with pytest.raises(Forbidden, match="not for li"):
        office.runtime.run(office.person("li"), lambda work: tasks.release(work, task))
    assert incident.open()[0].assignee == "ben"

    office.runtime.run(office.person("sofia"), lambda work: tasks.release(work, task))
    assert incident.open()[0].assignee is None


def test_only_dispatchers_assign_a_task(office: Office) -> None:
    incident = office.open_incident()
    task = classify_task(incident)

    with pytest.raises(Forbidden, match="not for ben"):
        office.runtime.run(office.person("ben"), lambda work: tasks.assign(work, task, "li"))
    assert incident.open()[0].assignee is None

    office.runtime.run(office.person("sofia"), lambda work: tasks.assign(work, task, "li"))
    assert incident.open()[0].assignee == "li"


def test_inc_21_a_closed_case_takes_no_comment(office: Office) -> None:
    incident = office.open_incident()
    office.runtime.run(ADMIN, lambda work: instances.cancel(work, incident.id, "a duplicate"))

    with pytest.raises(CaseClosed):
        incident.comment("One more thing", "rita")


def test_slm_12_the_word_of_the_requester_is_no_response(office: Office) -> None:
    incident = office.open_incident()

    incident.comment("Hello?", "rita")
    assert incident.record.responded_at is None

    incident.comment("We are on it.", "ben", public=False)
    assert incident.record.responded_at is None

    incident.comment("We are on it.", "ben")
    assert incident.record.responded_at == office.clock.now()
