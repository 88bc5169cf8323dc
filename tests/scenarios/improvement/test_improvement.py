"""Improvements: registered, approved by criteria, measured against their target."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conftest import MONDAY
from tests.office import Incident, Office
from tests.scenarios.change.steps import closing

ASSESS = {
    "value_score": "3",
    "cost_score": "1",
    "risk_score": "2",
    "fits_objectives": True,
    "dimension": "quality",
    "measure": "Reopened incidents, %",
    "baseline_value": 10,
    "target": 5,
    "due": (MONDAY + timedelta(days=20)).isoformat(),
    "group": "service-desk",
    "nonconformity": False,
}


def proposed(office: Office, **given: object) -> Incident:
    values = {
        "summary": "Fewer reopened incidents",
        "description": "One in ten comes back",
        "expected_value": "Less work twice",
        "source": "report",
        **given,
    }
    return office.open_case("improvement", "ben", **values)


def approved(office: Office, **assessed: object) -> Incident:
    case = proposed(office)
    case.complete("assess", "sam", **{**ASSESS, **assessed})
    office.does("mei", "vote", vote="approve")
    return case


def done(office: Office, **assessed: object) -> Incident:
    case = approved(office, **assessed)
    case.complete("plan", "ben", actions="Ask twice before resolving; ben, this month")
    case.complete("do", "ben", done="The form asks now")
    return case


def test_csi_01_the_register_keeps_source_value_scores_owner_baseline_and_target(
    office: Office,
) -> None:
    case = proposed(office)
    case.complete("assess", "sam", **ASSESS)

    for name, value in {**ASSESS, "source": "report", "expected_value": "Less work twice"}.items():
        assert case.variable(name) == value
    assert case.record.priority == 2


@pytest.mark.parametrize(
    ("scores", "fits", "priority"),
    [(("3", "1", "3"), False, 1), (("3", "1", "2"), True, 2), (("2", "1", "2"), False, 3)],
)
def test_csi_02_criteria_give_the_priority(
    office: Office, scores: tuple[str, str, str], *, fits: bool, priority: int
) -> None:
    case = proposed(office)
    value, cost, risk = scores
    given = {"value_score": value, "cost_score": cost, "risk_score": risk}

    case.complete("assess", "sam", **{**ASSESS, **given, "fits_objectives": fits})

    assert case.record.priority == priority


def test_csi_02_the_decision_is_made_by_others_and_recorded(office: Office) -> None:
    case = proposed(office)
    case.complete("assess", "sam", **ASSESS)
    assert case.variable("voters") == ["person:mei"]

    office.does("mei", "vote", vote="reject", reject_reason="Next year")

    assert case.state == "rejected"
    assert case.variable("approval_reason") == "Next year"


def test_csi_03_the_result_is_measured_against_the_target(office: Office) -> None:
    case = done(office)

    case.complete("check", "mei", measured=4, effect="Counted in March")

    assert case.variable("target_met") is True
    assert case.state == "closed"


def test_csi_03_a_target_above_the_baseline_has_to_be_exceeded(office: Office) -> None:
    case = done(office, baseline_value=70, target=80)

    case.complete("check", "mei", measured=75, effect="Asked 100 people")

    assert case.variable("target_met") is False


def test_csi_04_what_was_not_met_is_followed_up_or_accepted_with_a_reason(
    office: Office,
) -> None:
    case = done(office)
    case.complete("check", "mei", measured=8, effect="Counted")

    case.complete("act", "mei", act="follow_up", act_reason="Half way")
    assert case.waits_at() == ["plan"]
    case.complete("plan", "ben", actions="Once more")
    case.complete("do", "ben", done="Asked again")
    case.complete("check", "mei", measured=7, effect="Counted")
    case.complete("act", "mei", act="accept", act_reason="More would cost too much")

    assert case.state == "closed"
    assert case.variable("act_reason") == "More would cost too much"


def test_csi_05_a_nonconformity_is_corrected_and_its_cause_removed_and_checked(
    office: Office,
) -> None:
    case = approved(office, nonconformity=True)

    case.complete(
        "correct", "ben", correction="Told them", cause="No rule", corrective_action="A rule"
    )
    case.complete("plan", "ben", actions="Write the rule")
    case.complete("do", "ben", done="Written")
    case.complete("check", "mei", measured=5, effect="The cause is gone")

    assert case.state == "closed"
    assert case.variable("effect") == "The cause is gone"


def test_an_improvement_that_is_late_is_asked_for(office: Office) -> None:
    case = approved(office)
    case.complete("plan", "ben", actions="Ask twice")

    office.advance(days=21)

    assert any(subject == f"{case.number} is late" for _, subject in case.notices())


def test_csi_12_the_review_of_a_change_raises_an_improvement(office: Office) -> None:
    change = closing(office)
    change.complete("close", "chen", close_code="with-issues")
    change.complete(
        "review",
        "chen",
        review_note="The test was too short",
        review_improvement=True,
        improvement_summary="Longer tests",
    )

    raised = office.case("IMP-1")
    assert (raised.record.summary, raised.record.requester) == ("Longer tests", "chen")
    assert raised.variable("source") == "change-review"
