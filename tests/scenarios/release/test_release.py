"""Releases: gates, go or no-go, what is deployed is what was approved, early life, roll-back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.commands import instances, messages
from engine.errors import FormRejected
from engine.store.unit_of_work import Reader
from itil import baselines, configuration, deployments, findings, releases
from tests.office import Office
from tests.scenarios.release.steps import (
    DEPLOYED,
    DEPLOYS,
    DIGEST,
    PLAN,
    built,
    decided,
    early,
    opened,
)

REVIEW = {"release_result": "success", "trained": True, "review_note": "Rehearse earlier"}


def row(reader: Reader, number: str) -> releases.Release:
    return next(one for one in releases.every(reader) if one.number == number)


@pytest.mark.parametrize(
    ("kind", "quorum", "days"), [("major", 2, 14), ("minor", 1, 5), ("emergency", 1, 7)]
)
def test_rel_01_what_holds_for_a_type_is_a_table(
    office: Office, kind: str, quorum: int, days: int
) -> None:
    release, _ = opened(office, release_type=kind)

    policy = release.variable("policy")
    assert isinstance(policy, dict)
    assert (policy["quorum"], policy["early_life_days"]) == (quorum, days)
    assert policy["frequency"]


def test_rel_02_the_record_has_version_content_dates_and_criteria(office: Office) -> None:
    release, change = opened(office)

    with office.runtime.read() as reader:
        kept = row(reader, release.number)
    assert (kept.version, kept.release_type, kept.planned_at) == ("2.1", "minor", DEPLOYS)
    assert release.variable("changes") == [change.number]
    for name, value in PLAN.items():
        assert release.variable(name) == value


def test_rel_03_only_approved_changes_go(office: Office) -> None:
    rejected = office.open_case("change", "ben", summary="x", reason="y")
    release, _ = built(office, changes=[rejected.number])

    assert release.waits_at() == ["plan"]
    assert rejected.number in str(release.variable("content_wrong"))


def test_rel_03_a_change_of_content_after_go_is_decided_on_again(office: Office) -> None:
    release, change = built(office)
    for login in ("mei", "sam", "kim", "chen"):
        office.does(login, "vote", vote="reject", reject_reason="Leave the other change out")

    assert release.waits_at() == ["plan"]
    release.complete("plan", "rob", **{**PLAN, "changes": [change.number]})
    assert release.waits_at() == ["build"]


@pytest.mark.parametrize(
    ("element", "login", "values", "missing"),
    [
        ("build", "carl", {"digest": DIGEST}, "source_location"),
        ("build", "carl", {"digest": "abc", "source_location": "git"}, "digest"),
    ],
)
def test_rel_04_a_gate_needs_its_evidence(
    office: Office, element: str, login: str, values: dict[str, object], missing: str
) -> None:
    release, _ = opened(office)

    with pytest.raises(FormRejected, match=missing):
        release.complete(element, login, **values)


def test_rel_04_each_gate_has_its_signer_and_failing_one_goes_back(office: Office) -> None:
    release, _ = opened(office)
    release.complete("build", "carl", digest=DIGEST, source_location="git: mail 2.1")
    release.complete("test", "tara", test_result="failed", test_evidence="Two red")
    assert release.waits_at() == ["build"]

    signed, _ = built(office)
    assert [signed.variable(f"{act}_by") for act in ("built", "tested", "accepted")] == [
        "carl",
        "tara",
        "mei",
    ]


def test_rel_05_those_who_decide_are_not_those_who_made_it(office: Office) -> None:
    release, _ = built(office, deployer="kim")

    assert release.state == "pending_approval"
    voters = release.variable("voters")
    assert isinstance(voters, list)
    assert "person:kim" not in voters
    office.does("mei", "vote", vote="reject", reject_reason="Not before the audit")
    office.does("sam", "vote", vote="reject", reject_reason="No")
    office.does("chen", "vote", vote="reject", reject_reason="No")
    assert release.waits_at() == ["plan"]


def test_rel_06_a_baseline_is_there_before_anything_is_deployed(office: Office) -> None:
    release, _ = decided(office)

    with office.runtime.read() as reader:
        kept = baselines.every(reader)
    assert [(one.label, one.whole) for one in kept] == [(release.number, False)]


def test_rel_07_another_artefact_than_approved_is_rolled_back(office: Office) -> None:
    release, _ = decided(office)

    release.complete("deploy", "nora", deployment="done", deployed_digest="cd" * 32)

    assert release.waits_at() == ["roll_back"]


def test_rel_08_who_built_it_does_not_deploy_it(office: Office) -> None:
    release, _ = built(office, deployer="carl")
    office.does("mei", "vote", vote="approve")

    assert release.waits_at() == ["plan"]


def test_rel_09_what_is_not_done_by_the_deadline_is_rolled_back(office: Office) -> None:
    release, _ = decided(office)

    office.move_to(DEPLOYS + timedelta(hours=4))

    assert release.waits_at() == ["roll_back"]
    release.complete("roll_back", "nora", rollback_note="2.0 is back")
    assert release.waits_at() == ["review"]
    with office.runtime.read() as reader:
        assert row(reader, release.number).rolled_back_at == DEPLOYS + timedelta(hours=4)


def test_rel_09_a_trigger_in_early_life_rolls_back(office: Office) -> None:
    release, _ = early(office)

    office.runtime.run(
        office.person("rob"),
        lambda work: messages.send_offered(
            work, release.id, "back_wanted", {"back_reason": "Mail is late"}
        ),
    )

    assert release.waits_at() == ["roll_back"]


def test_rel_10_incidents_of_early_life_are_counted(office: Office) -> None:
    release, _ = early(office)
    office.open_incident(summary="Mail is slow", ci="srv-mail")
    office.open_incident(summary="No paper", ci="srv-print")

    office.advance(days=5)

    assert release.waits_at() == ["review"]
    assert release.variable("incidents_after") == 1


def test_rel_11_the_result_is_told_and_kept(office: Office) -> None:
    release, _ = early(office)
    office.advance(days=5)
    release.complete("review", "rob", **REVIEW)

    assert release.state == "closed"
    said = [subject for to, subject in release.notices() if "sofia" in to]
    assert said[-1] == f"{release.number}: 2.1 is success"
    with office.runtime.read() as reader:
        assert row(reader, release.number).release_result == "success"


def test_rel_12_waves_go_one_after_the_other(office: Office) -> None:
    release, _ = decided(office, method="phased", waves=["servers", "network"])

    release.complete("deploy", "nora", **DEPLOYED)
    assert release.waits_at() == ["deploy"]
    release.complete("deploy", "nora", **DEPLOYED)

    assert release.waits_at() == ["verify"]
    log = release.variable("deployment_log")
    assert isinstance(log, list)
    assert [one["wave"] for one in log] == ["network", "servers"]


def test_rel_15_the_items_have_the_new_version_or_it_does_not_go_on(office: Office) -> None:
    early(office)
    with office.runtime.read() as reader:
        item = configuration.get(reader, "srv-mail")
    assert item.attributes == {"version": "2.1"}
    assert item.changed_via == "change:CHG-1"

    refused, change = decided(office)
    office.runtime.run(
        office.person("chen"), lambda work: instances.cancel(work, change.id, "not wanted")
    )
    refused.complete("deploy", "nora", **DEPLOYED)
    refused.complete("verify", "tara", verification="passed", evidence="Mail arrives")
    assert refused.waits_at() == ["mend_items"]


def test_rel_16_delivery_is_counted_from_the_records(office: Office) -> None:
    early(office)
    with office.runtime.read() as reader:
        found = releases.delivery(reader, DEPLOYS - timedelta(days=9), "mail")
    assert (found.deployments, found.failed, found.lead_time) == (1, 0, timedelta(days=3))


def test_chg_25_what_no_change_stands_for_is_a_finding(office: Office) -> None:
    report = {"ci": "srv-print", "digest": "ef" * 32, "source": "pipeline 7"}
    release, change = decided(office)

    def deploy(values: dict[str, str]) -> dict[str, object]:
        return office.runtime.run(
            office.person("nora"), lambda work: deployments.report(work, values)
        )

    assert deploy({**report, "ci": "srv-mail"})["change"] == change.number
    assert deploy({**report, "digest": DIGEST})["release"] == release.number
    with office.runtime.read() as reader:
        assert findings.every(reader) == []
    for _ in range(2):
        assert deploy(report)["change"] is None

    with office.runtime.read() as reader:
        found = findings.every(reader)
    assert [one.control for one in found] == ["unauthorised-change"]
    assert "srv-print" in found[0].about


def test_chg_28_a_pipeline_asks_whether_it_may(office: Office) -> None:
    _, change = decided(office)
    other = office.open_case("change", "ben", summary="x", reason="y")

    with office.runtime.read() as reader:
        assert deployments.gate(reader, change.number, DIGEST).go
        wrong = deployments.gate(reader, change.number, "cd" * 32)
        early_one = deployments.gate(reader, other.number, DIGEST)
    assert wrong.reasons == ("The digest is not the one that was approved.",)
    assert not early_one.go
