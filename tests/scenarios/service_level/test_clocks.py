"""Clocks of cases beside resolution: updates, suppliers, groups; causes; other definitions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.commands import definitions
from engine.errors import Rejected
from engine.queries import audit
from engine.store.tables import outbox
from itil import clock_changes, findings, monitors, people
from itil.clock_changes import CauseInvalid
from itil.clocks import State
from itil.service_levels import ServiceLevelInvalid
from tests.conftest import MONDAY
from tests.office import ADMIN, Incident, Office

ROOT = Path(__file__).parents[3]
LEVELS = json.loads((ROOT / "workflows/incident/service_levels.json").read_text("utf-8"))
#: A clock of updates, as docs/service-levels.md shows it.
UPDATE: dict[str, Any] = {
    "conditions": {
        "start": [{"event": "agent.updated"}],
        "pause": [{"state": "pending_user"}, {"state": "pending_vendor"}],
        "resume": [{"state": "assigned"}, {"state": "in_progress"}],
        "stop": [{"state": "resolved"}, {"state": "closed"}],
        "reset": [{"event": "agent.updated"}],
        "cancel": [{"state": "cancelled"}],
    },
    "on_retarget": "keep",
    "priorities": {
        str(n): {
            "target": "PT30M",
            "calendar": "always",
            "levels": [{"percent": 75, "message": "sla-warning"}],
        }
        for n in (1, 2, 3, 4)
    },
}
CLASSIFIED = {"category": "network", "service": "network", "impact": 1, "urgency": 1}


def classified(office: Office, **more: object) -> Incident:
    incident = office.open_incident()
    incident.complete("classify", "ben", **{**CLASSIFIED, **more})
    return incident


def wait_for_vendor(incident: Incident) -> None:
    until = (incident.office.clock.now() + timedelta(days=2)).isoformat()
    incident.complete(
        "diagnose",
        "nora",
        outcome="wait_vendor",
        pending_reason="The line is the supplier's",
        pending_until=until,
    )


def deploy(office: Office, clocks: Mapping[str, Any]) -> None:
    document = {**LEVELS, "clocks": {**LEVELS["clocks"], **clocks}}
    files = {"workflows/incident/service_levels.json": json.dumps(document).encode()}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "test"))


def test_slm_03_a_supplier_is_measured_while_the_incident_waits_for_it(office: Office) -> None:
    incident = classified(office)
    assert "supplier" not in incident.clocks()
    wait_for_vendor(incident)

    office.advance(hours=1, minutes=1)
    clocks = incident.clocks()
    assert clocks["supplier"].state is State.RUNNING
    assert clocks["resolution"].state is State.PAUSED
    office.advance(hours=1)

    assert incident.clocks()["supplier"].state is State.BREACHED_RUNNING
    incident.complete("await_vendor", "nora", outcome="continue")
    assert incident.clocks()["supplier"].state is State.BREACHED_STOPPED
    assert incident.clocks()["resolution"].state is State.RUNNING


def test_slm_03_a_group_is_measured_for_as_long_as_it_has_the_case(office: Office) -> None:
    goal = {"target": "PT2H", "calendar": "always", "levels": []}
    tenure = {
        "conditions": {
            "start": [{"event": "group.changed"}],
            "pause": [],
            "resume": [],
            "stop": [{"state": "resolved"}],
            "reset": [{"event": "group.changed"}],
            "cancel": [{"state": "cancelled"}],
        },
        "on_retarget": "keep",
        "priorities": {str(n): goal for n in (1, 2, 3, 4)},
    }
    deploy(office, {"group": tenure})
    incident = classified(office)
    office.advance(hours=1)
    incident.complete("diagnose", "nora", outcome="reassign", reassign_to="servers")
    office.advance(minutes=30)

    clock = incident.clocks()["group"]

    assert clock.reading.round == 2
    assert clock.reading.elapsed(office.clock.now()).business == timedelta(minutes=30)


def with_group_clock(office: Office) -> Incident:
    """An incident of priority 1 under the example document, with the network group."""
    example = (ROOT / "docs/examples/service_levels.json").read_bytes()
    office.runtime.run(
        ADMIN, lambda work: definitions.deploy(work, {"service_levels.json": example}, "test")
    )
    return classified(office)


def test_slm_03_the_example_is_what_is_shipped_and_a_clock_of_groups() -> None:
    example = json.loads((ROOT / "docs/examples/service_levels.json").read_text("utf-8"))

    assert example["clocks"].pop("group")
    assert example == LEVELS


def test_slm_03_a_group_that_keeps_an_incident_too_long_is_told_of_to_its_lead(
    office: Office,
) -> None:
    incident = with_group_clock(office)
    incident.comment("We look at it.", "nora")
    incident.complete("diagnose", "nora", outcome="reassign", reassign_to="servers")

    office.advance(minutes=59)
    before = incident.clocks()["group"].state
    office.advance(minutes=1)

    assert before is State.RUNNING
    assert incident.clocks()["group"].state is State.BREACHED_RUNNING
    told = [subject for _, subject in incident.notices()]
    assert f"{incident.number} (P1): group clock at 100 %" in told
    assert "review_escalation" not in incident.waits_at()


def test_slm_03_waiting_for_others_does_not_count_for_the_group(office: Office) -> None:
    incident = with_group_clock(office)
    office.advance(minutes=20)
    wait_for_vendor(incident)
    office.advance(hours=1, minutes=30)

    clocks = incident.clocks()

    assert clocks["group"].state is State.PAUSED
    assert clocks["group"].reading.elapsed(office.clock.now()).business == timedelta(minutes=20)
    assert clocks["supplier"].state is State.RUNNING


def test_slm_05_conditions_are_data_that_take_effect_without_code(office: Office) -> None:
    quick = json.loads(json.dumps(LEVELS["clocks"]["response"]))
    quick["conditions"]["stop"] = [{"state": "assigned"}]
    deploy(office, {"response": quick})

    assert classified(office).clocks()["response"].state is State.MET


def test_slm_10_a_level_may_be_so_much_time_before_the_target(office: Office) -> None:
    incident = classified(office)
    wait_for_vendor(incident)  # priority 1: two hours, warned an hour before

    office.advance(minutes=59)
    assert incident.clocks()["supplier"].fired == ()
    office.advance(minutes=1)

    assert incident.clocks()["supplier"].fired == ("-3600s",)


@pytest.mark.parametrize("before", ["PT2H", "PT3H", "soon"])
def test_slm_10_a_level_before_the_start_is_refused(office: Office, before: str) -> None:
    wrong = json.loads(json.dumps(LEVELS["clocks"]["supplier"]))
    wrong["priorities"]["1"]["levels"][0]["before"] = before

    with pytest.raises((ServiceLevelInvalid, Rejected), match="before"):
        deploy(office, {"supplier": wrong})


def test_slm_11_a_notice_waits_for_the_working_time_of_its_reader(office: Office) -> None:
    identity = {"login": "nora", "email": "nora@example.org", "calendar": "weekdays"}
    office.runtime.run(
        ADMIN,
        lambda work: people.add_person(
            work, identity, "signalbox", ["agent", "team-lead"], ["network", "servers"]
        ),
    )
    saturday = datetime(2026, 3, 7, 3, 0, tzinfo=UTC)
    office.move_to(saturday)
    classified(office)
    office.advance(hours=3)

    with office.runtime.read() as reader:
        rows = reader.connection.execute(outbox.select()).all()
    mine = [row for row in rows if row.recipient == "nora@example.org"]
    assert mine
    assert all(row.next_attempt_at.weekday() == 0 for row in mine)  # Monday
    others = [row for row in rows if row.recipient == "rita@example.org"]
    assert all(row.next_attempt_at < saturday + timedelta(hours=4) for row in others)


def test_slm_13_updates_are_measured_from_the_last_word_of_the_desk(office: Office) -> None:
    deploy(office, {"update": UPDATE})
    incident = classified(office)
    assert "update" not in incident.clocks()
    incident.comment("We look at it", "nora")
    office.advance(minutes=20)
    incident.comment("Still looking", "nora")
    office.advance(minutes=20)

    clocks = incident.clocks()
    assert clocks["update"].state is State.RUNNING
    assert clocks["response"].state is State.MET  # not overruled by updates
    office.advance(minutes=11)
    assert incident.clocks()["update"].state is State.BREACHED_RUNNING


def test_slm_13_or_from_the_last_word_of_the_customer(office: Office) -> None:
    since = json.loads(json.dumps(UPDATE))
    since["conditions"] |= {
        "start": [{"event": "customer.updated"}],
        "reset": [],
        "cancel": [{"event": "agent.updated"}, {"state": "cancelled"}],
    }
    deploy(office, {"update": since})
    incident = classified(office)
    incident.comment("Any news?", "rita")
    assert incident.clocks()["update"].state is State.RUNNING

    incident.comment("Soon", "nora")
    assert incident.clocks()["update"].state is State.CANCELLED
    incident.comment("Now?", "rita")

    assert incident.clocks()["update"].state is State.RUNNING


def missed(office: Office) -> Incident:
    incident = classified(office)
    office.advance(hours=5)
    assert incident.clocks()["resolution"].state is State.BREACHED_RUNNING
    return incident


def explain(office: Office, incident: Incident, cause: str) -> None:
    office.runtime.run(
        office.person("nora"),
        lambda work: clock_changes.explain_breach(
            work, incident.number, "resolution", cause, "Line down"
        ),
    )


def test_slm_16_a_missed_target_needs_a_cause_and_an_excuse_is_shown_apart(
    office: Office,
) -> None:
    incident = missed(office)
    with pytest.raises(CauseInvalid, match="bad luck"):
        explain(office, incident, "bad luck")

    explain(office, incident, "force-majeure")

    clock = incident.clocks()["resolution"]
    assert (clock.cause, clock.excused) == ("force-majeure", True)
    assert clock.state is State.BREACHED_RUNNING  # never deleted
    with office.runtime.read() as reader:
        last = audit.latest(reader, f"instance:{incident.id}", None, 1)[0]
    assert (last.action, last.details["cause"]) == ("sla.explained", "force-majeure")


def test_slm_16_what_was_not_missed_has_no_cause_and_the_control_asks_for_the_others(
    office: Office,
) -> None:
    with pytest.raises(CauseInvalid, match="not missed"):
        explain(office, classified(office), "supplier")
    incident = missed(office)
    incident.complete(
        "diagnose", "nora", outcome="resolve", resolution_code="fixed", resolution="Restarted"
    )

    assert office.runtime.run(ADMIN, monitors.look)["breach-without-cause"] >= 1


def halved(name: str) -> dict[str, Any]:
    clock: dict[str, Any] = json.loads(json.dumps(LEVELS["clocks"][name]))
    clock["priorities"]["1"]["target"] = "PT2H"
    return clock


def test_slm_02_running_clocks_keep_their_version_until_somebody_decides(
    office: Office,
) -> None:
    old = classified(office)
    due = old.clocks()["resolution"].reading.due_at
    deploy(office, {"resolution": halved("resolution")})
    new = classified(office)

    assert old.clocks()["resolution"].reading.due_at == due
    new_due = new.clocks()["resolution"].reading.due_at
    assert new_due == MONDAY + timedelta(hours=2)
    with office.runtime.read() as reader:
        preview = [
            (one.number, one.name, one.after)
            for one in clock_changes.preview(reader, "incident")
            if one.before != one.after
        ]
    assert preview == [(old.number, "resolution", MONDAY + timedelta(hours=2))]
    with pytest.raises(CauseInvalid, match="why"):
        clock_changes.rebase(office.runtime, ADMIN, "incident", " ")

    clock_changes.rebase(office.runtime, ADMIN, "incident", "New agreement")

    assert old.clocks()["resolution"].reading.due_at == MONDAY + timedelta(hours=2)
    assert clock_changes.rebase(office.runtime, ADMIN, "incident", "Again") == 0
    with office.runtime.read() as reader:
        trail = audit.latest(reader, "system", None, 3)
    assert any(e.action == "sla.rebased" and "New agreement" in str(e.details) for e in trail)


def test_slm_28_measuring_anew_goes_on_where_it_was_interrupted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_changes, "BATCH", 2)
    open_ones = [classified(office) for _ in range(5)]
    deploy(office, {"resolution": halved("resolution")})
    runs = []

    class Interrupted(Exception):
        pass

    whole = clock_changes._batch

    def once(*given: Any) -> dict[str, int]:
        if runs:
            raise Interrupted
        runs.append(1)
        return whole(*given)

    monkeypatch.setattr(clock_changes, "_batch", once)
    with pytest.raises(Interrupted):
        clock_changes.rebase(office.runtime, ADMIN, "incident", "New")
    monkeypatch.setattr(clock_changes, "_batch", whole)

    clock_changes.rebase(office.runtime, ADMIN, "incident", "New")

    dues = {one.clocks()["resolution"].reading.due_at for one in open_ones}
    assert dues == {MONDAY + timedelta(hours=2)}


def test_slm_27_a_year_without_official_holidays_is_found_in_time(office: Office) -> None:
    office.move_to(datetime(2026, 11, 2, 2, 30, tzinfo=UTC))

    with office.runtime.read() as reader:
        found = [one for one in findings.every(reader) if one.control == "calendar-notice"]
    assert [one.subject for one in found] == ["office-cn:2027"]
