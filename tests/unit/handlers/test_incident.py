from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.topics import Outcome
from handlers import incident

CASE = {
    "number": "INC-7",
    "summary": "Mail does not arrive",
    "requester": "ann",
    "group": "network",
    "priority": 2,
    "note": "Ann is difficult",
}


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return [(notice.to, notice.template) for notice in outcome.notices]


def test_a_report_gets_its_defaults_and_requester_and_desk_are_told() -> None:
    outcome = incident.record("ann", {"number": "INC-7", "requester": "ann", "channel": "phone"})

    assert outcome.variables == {
        "affected_user": "ann",
        "group": "service-desk",
        "affected_users": 1,
        "reopened": 0,
        "reassigned": 0,
        "tier": 1,
        "watchers": [],
        "major": False,
    }
    assert told(outcome) == [("person:ann", "incident.recorded")]


def test_what_the_report_says_is_kept() -> None:
    said = {"requester": "ann", "affected_user": "bo", "affected_users": 40, "major": True}

    outcome = incident.record("ann", said)

    assert not {"affected_user", "affected_users", "major"} & set(outcome.variables)


def test_an_escalation_tells_everybody_the_table_names_once() -> None:
    asked: list[tuple[str, Mapping[str, object]]] = []

    def decide(decision: str, variables: Mapping[str, object]) -> object:
        asked.append((decision, variables))
        return ["lead", "incident-manager", "management", "lead"]

    outcome = incident.escalate("incident.sla-breach", "resolution", 100, 1, CASE, decide)

    assert asked == [("escalation", {"clock": "resolution", "level": 100, "priority": 1})]
    assert told(outcome) == [
        ("lead:network", "incident.sla-breach"),
        ("role:incident-manager", "incident.sla-breach"),
        ("group:management", "incident.sla-breach"),
    ]
    assert outcome.reason == (
        "Clock resolution reached 100 % at priority 1: "
        "lead:network, role:incident-manager, group:management told."
    )


@pytest.mark.parametrize("answer", [None, [], {"to": "lead"}])
def test_a_level_without_a_rule_tells_nobody_and_says_so(answer: object) -> None:
    outcome = incident.escalate("incident.sla-warning", "update", 50, 4, CASE, lambda *_: answer)

    assert outcome.notices == ()
    assert outcome.reason.endswith("the table names nobody.")


def test_an_unclassified_incident_escalates_without_a_priority() -> None:
    outcome = incident.escalate(
        "incident.sla-warning", "response", 90, None, CASE, lambda *_: ["lead"]
    )

    assert outcome.reason == "Clock response reached 90 % without a priority: lead:network told."


def test_handing_over_keeps_the_earlier_group_as_watcher_and_counts() -> None:
    case = {**CASE, "outcome": "reassign", "reassigned": 2, "tier": 1}

    outcome = incident.hand_over("servers", "network", case, ["service-desk"])

    assert outcome.variables == {
        "group": "servers",
        "watchers": ["service-desk", "network"],
        "reassigned": 3,
        "tier": 1,
        "reassign_to": None,
        "outcome": None,
    }
    assert told(outcome) == [("group:servers", "incident.assigned")]
    assert outcome.notices[0].values["group"] == "servers"


def test_a_functional_escalation_counts_the_tier() -> None:
    case = {**CASE, "outcome": "escalate", "reassigned": 0, "tier": 1}

    outcome = incident.hand_over("engineering", "network", case, [])

    assert outcome.variables["tier"] == 2
    assert outcome.reason == "From 'network' to 'engineering', one tier up."


def test_a_group_that_gets_the_incident_back_no_longer_watches_it() -> None:
    outcome = incident.hand_over("network", "servers", CASE, ["network", "service-desk"])

    assert outcome.variables["watchers"] == ["service-desk", "servers"]


def test_the_highest_tier_keeps_the_incident() -> None:
    case = {**CASE, "outcome": "escalate", "reassigned": 1}

    outcome = incident.hand_over("network", "network", case)

    assert outcome.variables == {"reassign_to": None, "outcome": None}
    assert outcome.notices == ()
    assert outcome.reason == "Stays with 'network': it is the highest tier."


@pytest.mark.parametrize(
    ("affected", "people"),
    [(None, ["person:ann"]), ("ann", ["person:ann"]), ("bo", ["person:ann", "person:bo"])],
)
def test_a_resolution_is_announced_to_whom_it_concerns(
    affected: str | None,
    people: list[str],
) -> None:
    outcome = incident.announce("ann", CASE, affected)

    assert [notice.to for notice in outcome.notices] == people


def test_internal_notes_never_leave() -> None:
    sent = [
        *incident.record("ann", CASE).notices,
        *incident.announce("ann", CASE).notices,
        *incident.hand_over("servers", "network", CASE).notices,
        *incident.escalate("t", "response", 50, 1, CASE, lambda *_: ["lead"]).notices,
    ]

    assert len(sent) == 4
    assert all("note" not in notice.values for notice in sent)
