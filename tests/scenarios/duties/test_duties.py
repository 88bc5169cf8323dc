"""Separation of duties: refused when assigned, claimed and done; for stand-ins; on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from engine.commands import definitions, tasks
from engine.errors import NotYourTask, Rejected
from engine.queries import audit
from engine.store.tables import user_tasks
from engine.store.unit_of_work import UnitOfWork
from itil import delegations, duties, findings, leavers, monitors, people
from itil.duties import DutiesApart
from itil.roles import RolesApart
from tests.conftest import MONDAY
from tests.office import ADMIN, Incident, Office
from tests.scenarios.change.steps import DONE, implementing, triaged
from tests.scenarios.problem.test_problem import REVIEW, watched
from tests.scenarios.release.steps import decided, opened


def vote_of(office: Office, change: Incident, voter: str) -> int:
    return next(t.id for t in office.inbox(voter, "vote") if t.business_key == change.number)


def make_voter(office: Office, task: int, login: str) -> None:
    """Somebody slipped into the vote: by an error of a table, or by hand in the database."""
    slip = update(user_tasks).where(user_tasks.c.id == task)
    slip = slip.values(candidates=[f"person:{login}"])

    def write(work: UnitOfWork) -> None:
        work.connection.execute(slip)

    office.runtime.run(ADMIN, write)


@pytest.mark.parametrize("who", ["ben", "chen", "carl", "nora"])
def test_chg_08_requester_planner_builder_and_implementer_never_approve(
    office: Office, who: str
) -> None:
    change = triaged(office)  # ben asked, chen planned, carl builds, nora implements
    task = vote_of(office, change, "mei")
    make_voter(office, task, who)

    for act in (
        lambda work: tasks.claim(work, task),
        lambda work: tasks.complete(work, task, {"vote": "approve"}),
    ):
        with pytest.raises(DutiesApart, match=change.number):
            office.runtime.run(office.person(who), act)


def test_chg_08_they_are_not_given_the_vote_either(office: Office) -> None:
    change = triaged(office)
    task = vote_of(office, change, "mei")

    with pytest.raises(DutiesApart, match="nora"):
        office.runtime.run(office.person("chen"), lambda work: tasks.assign(work, task, "nora"))


def test_chg_13_who_stands_in_for_the_requester_does_not_approve(office: Office) -> None:
    change = triaged(office)
    task = vote_of(office, change, "mei")
    until = MONDAY + timedelta(days=9)
    office.runtime.run(
        office.person("ben"), lambda work: delegations.add(work, "ben", "mei", MONDAY, until)
    )

    with pytest.raises(DutiesApart, match="standing in for ben"):
        office.runtime.run(
            office.person("mei"), lambda work: tasks.complete(work, task, {"vote": "approve"})
        )


def test_chg_08_the_attempt_is_on_record_and_found_by_the_control(office: Office) -> None:
    change = triaged(office)
    task = vote_of(office, change, "mei")
    make_voter(office, task, "nora")
    with pytest.raises(DutiesApart):
        office.runtime.run(office.person("nora"), lambda work: tasks.claim(work, task))

    with office.runtime.read() as reader:
        last = audit.latest(reader, "system", None, 1)[0]
    assert (last.action, last.actor, last.subject) == ("refused", "nora", "duties.apart")
    assert office.runtime.run(ADMIN, monitors.look)["refused-duties"] == 1


def test_chg_09_the_implementer_does_not_verify(office: Office) -> None:
    change = implementing(office, verifier="nora")
    change.complete("implement", "nora", **DONE)

    with pytest.raises(DutiesApart, match="implement"):
        change.complete("verify", "nora", verification="passed", evidence="Works")


def test_rel_08_the_builder_does_not_deploy_even_when_given_the_task(office: Office) -> None:
    release, _ = decided(office)
    task = release.open()[0].id

    with pytest.raises(DutiesApart, match="build"):
        office.runtime.run(office.person("rob"), lambda work: tasks.assign(work, task, "carl"))


def test_prb_12_who_investigated_does_not_approve_the_closing(office: Office) -> None:
    problem = watched(office)
    office.advance(days=20)
    problem.complete("review", "nora", **REVIEW)
    task = problem.open()[0].id
    make_voter(office, task, "nora")

    with pytest.raises(DutiesApart):
        problem.complete("approve_closure", "nora", closure_approved=True)


def test_aud_07_the_matrix_is_data_that_takes_effect_at_once(office: Office) -> None:
    release, _ = opened(office)
    release.complete("build", "carl", digest="ab" * 32, source_location="git")
    apart = b'{"key": "duties", "everywhere": [["build", "review"]], "processes": {}}'
    office.runtime.run(
        ADMIN,
        lambda work: definitions.deploy(work, {"workflows/duties/duties.json": apart}, "stricter"),
    )
    task = release.open()[0].id

    with pytest.raises(DutiesApart):
        office.runtime.run(office.person("rob"), lambda work: tasks.assign(work, task, "carl"))


@pytest.mark.parametrize(
    "pairs", [[["request"]], [["request", "dance"]], "request", [["request", "build", "approve"]]]
)
def test_aud_07_a_matrix_that_cannot_be_is_refused(pairs: object) -> None:
    with pytest.raises(Rejected, match="no pair"):
        duties.check({"key": "duties", "everywhere": pairs}, {})


def test_aud_08_some_roles_are_never_held_together(office: Office) -> None:
    with pytest.raises(RolesApart, match="admin, change-manager"):
        office.runtime.run(
            ADMIN,
            lambda work: people.regrant(work, "adam", ["admin", "change-manager"], []),
        )
    with office.runtime.read() as reader:
        assert people.roles_held(reader)["adam"] == ["admin"]


def test_aud_08_an_admin_does_not_approve_changes(office: Office) -> None:
    change = triaged(office)
    task = vote_of(office, change, "mei")

    with pytest.raises(NotYourTask, match="not for adam"):
        office.runtime.run(
            office.person("adam"), lambda work: tasks.complete(work, task, {"vote": "approve"})
        )


# -- controls


def test_aud_10_what_began_before_its_approval_is_found_and_has_to_be_answered(
    office: Office,
) -> None:
    change = implementing(office)
    early = (MONDAY - timedelta(hours=1)).isoformat()
    change.complete("implement", "nora", **{**DONE, "started_at": early})

    found = office.runtime.run(ADMIN, monitors.look)

    assert found["approval-after-start"] == 1
    assert found["outside-window"] == 1
    with office.runtime.read() as reader:
        first = findings.every(reader)[0]
    with pytest.raises(Rejected, match="answer"):
        office.runtime.run(ADMIN, lambda work: findings.close(work, first.id, " "))
    office.runtime.run(ADMIN, lambda work: findings.close(work, first.id, "The clock was wrong"))
    assert office.runtime.run(ADMIN, monitors.look)[first.control] == 0  # once


def test_aud_10_in_good_order_the_report_is_empty(office: Office) -> None:
    implementing(office).complete("implement", "nora", **DONE)

    assert set(office.runtime.run(ADMIN, monitors.look).values()) == {0}


def test_aud_19_the_controls_are_looked_at_every_night(office: Office) -> None:
    change = implementing(office)
    early = (MONDAY - timedelta(hours=1)).isoformat()
    change.complete("implement", "nora", **{**DONE, "started_at": early})

    office.advance(days=1)

    with office.runtime.read() as reader:
        found = {one.control for one in findings.every(reader)}
    assert found == {"approval-after-start", "outside-window"}


# -- access


def test_aud_11_each_lead_confirms_or_revokes_and_the_review_is_signed(office: Office) -> None:
    review = office.open_case("access_review", "ada", summary="After the move")
    teams = review.variable("teams")
    assert isinstance(teams, list)
    for team in teams:
        revoked = ["carl"] if team["group"] == "servers" else []
        task = next(t for t in review.open() if t.candidates == [f"person:{team['reviewer']}"])
        office.runtime.run(
            office.person(team["reviewer"]),
            lambda work: tasks.complete(work, task.id, {"revoked": revoked}),  # noqa: B023
        )

    assert review.waits_at() == ["sign"]
    review.complete("sign", "mei", sign_note="Fine")
    assert review.state == "closed"
    assert "servers" not in office.person("carl").groups


def test_aud_11_a_review_begins_each_quarter(office: Office) -> None:
    office.move_to(MONDAY + timedelta(days=31))

    assert office.case("ACR-1").record.summary == "Access review 2026-04"


def test_aud_11_what_a_leaver_held_goes_to_others(office: Office) -> None:
    change = implementing(office)
    incident = office.open_incident()
    incident.claim("classify", "ben")

    gone = {
        login: office.runtime.run(
            office.person("adam"),
            lambda work: leavers.leave(work, login),  # noqa: B023
        )
        for login in ("ben", "nora")
    }

    assert incident.open()[0].assignee is None
    assert gone["ben"] == {"returned": 1, "to_manager": 0}
    assert change.waits_at() == ["implement"]
    with office.runtime.read() as reader:
        assert not people.by_login(reader, "ben").active
