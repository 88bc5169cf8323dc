"""The paths of changes: emergency, standard, withdrawn; who waits for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from engine.commands import messages
from engine.errors import FormRejected
from engine.queries import messages as kept
from itil import change_templates, changes
from tests.conftest import MONDAY
from tests.office import Incident, Office
from tests.scenarios.change.steps import (
    DONE,
    OPENS,
    PAPERS,
    PASSED,
    PLAN,
    UNDONE,
    accept,
    approved,
    planned,
    triaged,
)

# -- emergency


def emergency(office: Office) -> Incident:
    return triaged(
        office,
        requested_type="emergency",
        window_start=MONDAY.isoformat(),
        window_end=(MONDAY + timedelta(hours=6)).isoformat(),
        test_plan="",
    )


def test_chg_14_one_of_the_emergency_board_is_enough_with_a_second_afterwards(
    office: Office,
) -> None:
    change = emergency(office)
    office.does("mei", "vote", vote="approve")
    office.advance()
    assert change.waits_at() == ["implement"]
    change.complete("implement", "nora", **DONE)
    change.complete("verify", "tara", **PASSED)

    assert change.waits_at() == ["papers"]
    assert change.open()[0].due_at == MONDAY + timedelta(days=2)
    change.complete("papers", "chen", **PAPERS)

    # chen planned it, so nobody is left who could approve afterwards: that is on record.
    assert change.variable("post_approved") is False
    assert change.waits_at() == ["close"]


def test_chg_14_late_papers_are_asked_for_and_in_the_exception_report(office: Office) -> None:
    change = emergency(office)
    office.does("mei", "vote", vote="approve")
    office.advance()
    change.complete("implement", "nora", **DONE)
    change.complete("verify", "tara", **PASSED)
    with office.runtime.read() as reader:
        assert changes.without_papers(reader) == []

    office.advance(days=3)

    assert any("缺少文档" in subject for _, subject in change.notices())
    with office.runtime.read() as reader:
        assert [row.number for row in changes.without_papers(reader)] == [change.number]
    change.complete("papers", "chen", **PAPERS)
    with office.runtime.read() as reader:  # late all the same
        assert [row.number for row in changes.without_papers(reader)] == [change.number]


# -- standard


STANDARD: Mapping[str, object] = {
    **{key: value for key, value in PLAN.items() if key not in ("plan", "backout_plan")},
    "requested_type": "standard",
    "template": "restart-print",
    "service": "printing",
    "cis": ["srv-print"],
}


def standard(office: Office, **plan: object) -> Incident:
    change = office.open_case("change", "ben", summary="Restart printing", reason="Stuck")
    change.complete("plan", "chen", **{**STANDARD, **plan})
    return change


def test_chg_04_an_approved_template_needs_no_further_approval(office: Office) -> None:
    change = standard(office)
    assert change.variable("plan") == "Stop the spooler, empty its folder, start it again."

    accept(change, type="standard")

    assert change.state == "scheduled"


def test_chg_04_a_deviation_forces_normal(office: Office) -> None:
    change = standard(office, cis=["srv-print", "srv-mail"])

    assert "srv-mail" in str(change.variable("deviation"))
    assert change.variable("proposed_type") == "normal"
    accept(change)
    assert change.variable("type") == "normal"
    assert change.state == "pending_approval"


def test_chg_04_an_expired_template_forces_normal(office: Office) -> None:
    office.advance(days=400)
    far = (MONDAY + timedelta(days=402)).isoformat()
    end = (MONDAY + timedelta(days=402, hours=2)).isoformat()

    change = standard(office, window_start=far, window_end=end)

    assert change.variable("proposed_type") == "normal"


def test_chg_05_a_failure_takes_the_approval_from_the_template(office: Office) -> None:
    change = standard(office)
    accept(change, type="standard")
    office.move_to(OPENS)
    change.complete("implement", "nora", **{**DONE, "implementation": "back_out"})
    change.complete("back_out", "nora", **UNDONE)
    change.complete("close", "chen", close_code="backed-out")
    change.complete("review", "chen", review_note="The folder was in use")

    with office.runtime.read() as reader:
        template = change_templates.approved(reader, "restart-print")
    assert (template.status, template.failed) == ("suspended", 1)
    with pytest.raises(FormRejected, match="template"):  # no longer on offer
        standard(office)


def test_chg_03_the_type_is_decided_by_rule_and_confirmed_by_the_manager(office: Office) -> None:
    change = planned(office, requested_type="emergency")

    assert change.variable("proposed_type") == "emergency"
    assert change.variable("type") is None  # not by the requester alone
    accept(change, type="normal")
    assert change.variable("type") == "normal"


def test_chg_30_a_change_waits_for_those_that_come_first(office: Office) -> None:
    first = approved(office)
    second = approved(office, after_changes=[first.number], cis=["srv-print"])

    office.move_to(OPENS)

    assert second.waits_at() == ["hold"]
    assert first.number in str(second.variable("not_ready"))


def test_a_change_that_is_withdrawn_is_cancelled(office: Office) -> None:
    change = approved(office)

    office.runtime.run(
        office.person("chen"),
        lambda work: messages.send_offered(
            work, change.id, "withdrawn", {"withdraw_reason": "Too late"}
        ),
    )

    assert change.state == "cancelled"


def test_prb_06_who_waits_for_the_change_hears_how_it_ended(office: Office) -> None:
    incident = office.open_incident()
    change = office.open_case(
        "change", "ben", summary="Fix", reason="Fix", problem="PRB-7", incident=incident.number
    )
    change.complete("plan", "chen", plan_outcome="withdraw")

    with office.runtime.read() as reader:
        sent = {(row.name, row.key) for row in kept.kept(reader, limit=10)}
    assert ("change-closed", "PRB-7") in sent
