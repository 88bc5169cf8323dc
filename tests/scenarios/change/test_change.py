"""Changes: assessed, authorised by others, carried out in their window only, reviewed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.commands import messages
from engine.errors import FormRejected
from engine.queries import audit
from itil import change_windows, changes, links
from tests.conftest import MONDAY
from tests.office import Office
from tests.scenarios.change.steps import (
    DONE,
    OPENS,
    PASSED,
    PLAN,
    UNDONE,
    accept,
    approved,
    closing,
    implementing,
    planned,
    triaged,
)


def test_chg_01_a_request_for_change_keeps_plan_people_and_evidence(office: Office) -> None:
    change = planned(office)

    for name, value in PLAN.items():
        assert change.variable(name) == value
    with office.runtime.read() as reader:
        row = changes.get(reader, change.number)
    assert row is not None
    assert (row.cis, row.implementer, row.window_start) == (("srv-mail",), "nora", OPENS)


def test_chg_20_without_a_back_out_plan_it_is_not_taken(office: Office) -> None:
    change = office.open_case("change", "ben", summary="New mail release", reason="Security")

    with pytest.raises(FormRejected):
        change.complete("plan", "chen", **{**PLAN, "backout_plan": ""})

    assert change.waits_at() == ["plan"]


def test_a_window_that_ends_before_it_starts_goes_back_to_its_planner(office: Office) -> None:
    change = planned(office, window_end=MONDAY.isoformat())

    assert change.waits_at() == ["plan"]


def test_chg_06_the_score_keeps_each_of_its_inputs(office: Office) -> None:
    change = planned(office)

    assert change.variable("criticality") == 2
    # many 2, several 1, seldom 1, important 2, outage 2, outside a maintenance window 1
    assert change.variable("risk_score") == 9
    assert change.variable("risk") == "medium"
    with office.runtime.read() as reader:
        trail = audit.latest(reader, f"instance:{change.id}", None, 200)
    traced = [one for row in trail for one in row.details.get("decisions", ())]
    score = next(one for one in traced if one["element"] == "score")
    assert ["criticality", 2] in score["tables"][0]["inputs"]


@pytest.mark.parametrize(
    ("plan", "risk"),
    [
        (
            {"risk_users": "few", "risk_complexity": "simple", "risk_experience": "often"},
            "low",
        ),
        ({}, "medium"),
        (
            {"risk_users": "everybody", "risk_complexity": "complex", "risk_experience": "never"},
            "high",
        ),
    ],
)
def test_chg_07_risk_names_the_authority(
    office: Office, plan: dict[str, object], risk: str
) -> None:
    change = triaged(office, **plan)

    assert change.variable("risk") == risk
    quorum = {"low": 1, "medium": 2, "high": 3}[risk]
    assert change.variable("quorum") == quorum


def test_chg_08_who_has_a_part_in_it_has_no_vote(office: Office) -> None:
    change = triaged(office, implementer="kim", builder="sam")

    # chen planned it, kim implements, sam built: of the board only mei is left, too few for two.
    assert change.variable("voters") == []
    assert change.state == "rejected"


def test_chg_12_each_member_votes_with_comment_and_time(office: Office) -> None:
    change = triaged(office)
    assert change.variable("voters") == ["person:kim", "person:mei", "person:sam"]

    office.does("mei", "vote", vote="approve", conditions="Tell the desk")
    office.does("sam", "vote", vote="approve", comment="Fine")

    votes = change.variable("approval_votes")
    assert isinstance(votes, list)
    assert [(v["by"], v["conditions"], v["comment"]) for v in votes] == [
        ("mei", "Tell the desk", None),
        ("sam", None, "Fine"),
    ]
    assert all(v["at"].startswith("2026-03-02") for v in votes)


def test_chg_27_a_refused_change_stays_with_its_reason(office: Office) -> None:
    change = planned(office)

    change.complete("triage", "chen", triage_outcome="reject", triage_reason="Not needed")

    assert change.state == "rejected"
    assert change.variable("triage_reason") == "Not needed"
    assert ("ben@example.org", f"{change.number} was refused") in change.notices()


def test_chg_10_nothing_is_implemented_before_the_window(office: Office) -> None:
    change = approved(office)

    assert change.waits_at() == []
    office.move_to(OPENS - timedelta(seconds=1))
    assert change.waits_at() == []
    office.move_to(OPENS)
    assert change.waits_at() == ["implement"]


def test_chg_10_nor_after_it(office: Office) -> None:
    change = approved(office)

    office.move_to(OPENS + timedelta(hours=4))  # nothing ran while the window was open

    assert change.waits_at() == ["hold"]
    assert "window" in str(change.variable("not_ready"))


def test_chg_11_a_new_plan_voids_the_approval(office: Office) -> None:
    change = approved(office)

    office.runtime.run(
        office.person("chen"),
        lambda work: messages.send_offered(
            work, change.id, "plan_changed", {"replan_reason": "Other server"}
        ),
    )
    change.complete("plan", "chen", **{**PLAN, "cis": ["srv-print"]})

    assert change.variable("approved") is False
    assert change.variable("approval_votes") == []
    assert change.variable("plan_version") == 2
    accept(change)
    assert change.state == "pending_approval"


def test_chg_16_conflicts_are_shown_and_need_a_decision(office: Office) -> None:
    first = approved(office)
    second = planned(office, cis=["app-mail"], implementer="nora")

    found = second.variable("conflicts")
    assert isinstance(found, list)
    assert {(c["kind"], c["with"], c["about"]) for c in found} == {
        ("near-item", first.number, "srv-mail"),
        ("same-implementer", first.number, "nora"),
        ("same-service", first.number, "mail"),
    }
    with pytest.raises(FormRejected):
        second.complete("triage", "chen", triage_outcome="accept")


def freeze(office: Office, kind: str) -> None:
    office.runtime.run(
        office.person("chen"),
        lambda work: change_windows.add(
            work,
            {
                "kind": kind,
                "name": "Year end",
                "starts_at": OPENS - timedelta(hours=1),
                "ends_at": OPENS + timedelta(days=1),
            },
        ),
    )


def test_chg_17_a_hard_freeze_blocks_until_somebody_answers_for_it(office: Office) -> None:
    change = approved(office)
    freeze(office, "hard-freeze")

    office.move_to(OPENS)
    assert change.waits_at() == ["hold"]
    change.complete("hold", "chen", hold_outcome="again")
    assert change.waits_at() == ["hold"]
    change.complete(
        "hold", "chen", hold_outcome="again", freeze_override=True, freeze_reason="Security hole"
    )

    assert change.state == "implementing"


def test_chg_17_a_soft_freeze_warns(office: Office) -> None:
    freeze(office, "soft-freeze")
    change = planned(office)

    found = change.variable("conflicts")
    assert isinstance(found, list)
    assert [(c["kind"], c["with"]) for c in found] == [("soft-freeze", "Year end")]


def test_chg_18_in_a_maintenance_window_low_risk_needs_no_board(office: Office) -> None:
    sunday = MONDAY + timedelta(days=6, hours=9)
    low = {"risk_users": "few", "risk_complexity": "simple", "risk_experience": "often"}
    window = {
        "window_start": sunday.isoformat(),
        "window_end": (sunday + timedelta(hours=3)).isoformat(),
    }

    inside, outside = planned(office, **low, **window), planned(office, **low)

    assert inside.variable("in_maintenance") is True
    assert outside.variable("in_maintenance") is False
    accept(inside)
    accept(outside)
    assert inside.variable("authority")["due"] == "PT24H"  # type: ignore[index]
    assert outside.variable("authority")["due"] == "PT48H"  # type: ignore[index]


def test_chg_19_those_affected_hear_before_at_the_start_and_at_the_end(office: Office) -> None:
    change = closing(office)

    said = [subject for to, subject in change.notices() if "sofia" in to]
    assert said == [
        f"{change.number} is scheduled",
        f"{change.number} begins",
        f"{change.number} is over",
    ]


def test_chg_32_the_real_times_stand_beside_the_planned_ones(office: Office) -> None:
    change = implementing(office)
    late = (OPENS + timedelta(minutes=40)).isoformat()

    change.complete("implement", "nora", **{**DONE, "started_at": late})

    with office.runtime.read() as reader:
        row = changes.get(reader, change.number)
    assert row is not None
    assert row.started_at is not None
    assert row.started_at - OPENS == timedelta(minutes=40)


def test_chg_09_only_the_verifier_verifies(office: Office) -> None:
    change = implementing(office)
    change.complete("implement", "nora", **DONE)

    assert [task.candidates for task in change.open()] == [["person:tara"]]


def test_chg_21_it_is_not_verified_without_evidence(office: Office) -> None:
    change = implementing(office)
    change.complete("implement", "nora", **DONE)

    with pytest.raises(FormRejected):
        change.complete("verify", "tara", verification="passed", evidence="")


def test_chg_20_what_does_not_work_is_backed_out_with_its_times(office: Office) -> None:
    change = implementing(office)
    change.complete("implement", "nora", **DONE)
    change.complete("verify", "tara", verification="failed", evidence="No mail arrives")

    assert change.waits_at() == ["back_out"]
    change.complete("back_out", "nora", **UNDONE)
    change.complete("close", "chen", close_code="backed-out")

    assert change.waits_at() == ["review"]
    assert change.variable("back_out_started") == UNDONE["back_out_started"]


@pytest.mark.parametrize("code", ["backed-out", "failed", "with-issues"])
def test_chg_22_what_did_not_simply_succeed_is_reviewed(office: Office, code: str) -> None:
    change = closing(office)

    change.complete("close", "chen", close_code=code)

    assert change.waits_at() == ["review"]
    assert change.open()[0].due_at is not None
    change.complete("review", "chen", review_note="Test restarts, too")
    assert change.state == "closed"


def test_chg_23_not_successful_while_what_it_caused_is_open(office: Office) -> None:
    change = implementing(office)
    change.complete("implement", "nora", **DONE)
    incident = office.open_incident(summary="No mail", ci="srv-mail")
    change.complete("verify", "tara", **PASSED)
    success = {"close_code": "successful", "caused_incidents": [incident.number]}

    change.complete("close", "chen", **success)

    assert change.waits_at() == ["close"]
    assert change.variable("open_caused") == [incident.number]


def test_chg_24_incidents_on_its_items_are_proposed_as_caused(office: Office) -> None:
    change = implementing(office)
    change.complete("implement", "nora", **DONE)
    caused = office.open_incident(summary="No mail", ci="srv-mail")
    office.open_incident(summary="No paper", ci="srv-print")

    change.complete("verify", "tara", **PASSED)

    assert change.variable("proposed_incidents") == [caused.number]
    change.complete("close", "chen", close_code="with-issues", caused_incidents=[caused.number])
    with office.runtime.read() as reader:
        linked = {(link.kind, link.other) for link in links.of(reader, change.number)}
    assert ("cause-of", caused.number) in linked


def test_a_successful_change_closes(office: Office) -> None:
    change = closing(office)

    change.complete("close", "chen", close_code="successful")

    assert change.state == "closed"
