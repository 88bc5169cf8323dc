"""Releases and changes share calendar, conflicts and freezes (REL-14)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from itil import change_windows, conflicts, release_windows
from tests.office import Incident, Office
from tests.scenarios.change.steps import PLAN as CHANGE
from tests.scenarios.change.steps import planned
from tests.scenarios.release.steps import DEPLOYS, PLAN, built, opened

#: The time of a change that touches the second of two waves of a day each.
SECOND = DEPLOYS + timedelta(days=1, hours=2)
WAVES = {"method": "phased", "waves": ["network", "servers"], "wave_hours": 24}


def other_change(office: Office, at: datetime, **plan: object) -> Incident:
    window = {"window_start": at.isoformat(), "window_end": (at + timedelta(hours=2)).isoformat()}
    return planned(office, **window, **{"implementer": "carl", "builder": "nora", **plan})


def other_release(office: Office, **plan: object) -> Incident:
    release = office.open_case("release", "rob", summary="Directory")
    release.complete("plan", "rob", **{**PLAN, "deployer": "ben", **plan})
    return release


def freeze(office: Office, kind: str, at: datetime, **more: object) -> None:
    values = {"kind": kind, "name": "Year end", "starts_at": at, "ends_at": at + timedelta(hours=1)}
    office.runtime.run(
        office.person("chen"), lambda work: change_windows.add(work, {**values, **more})
    )


def found(office: Office, release: Incident) -> set[tuple[str, str, str, str]]:
    """What stands in the way of a release now: kind, with what, about what, in which wave."""
    with office.runtime.read() as reader:
        waves = release_windows.of_release(reader, release.number)
        return {
            (one.kind, one.with_, one.about, one.wave) for one in conflicts.of_waves(reader, waves)
        }


def kept(case: Incident) -> set[tuple[str, str, str]]:
    """The conflicts that its process has named."""
    named = case.variable("conflicts")
    assert isinstance(named, list)
    return {(one["kind"], one["with"], one["about"]) for one in named}


def test_rel_14_a_release_meets_a_change_on_an_item_near_its_own(office: Office) -> None:
    change = other_change(office, DEPLOYS, cis=["app-mail"], service="erp")

    release, _ = opened(office)

    assert found(office, release) == {("near-item", change.number, "app-mail", "")}


def test_rel_14_only_the_wave_at_that_time_meets_the_change(office: Office) -> None:
    change = other_change(office, SECOND, service="erp")

    release, _ = opened(office, **WAVES)

    assert found(office, release) == {("same-item", change.number, "srv-mail", "servers")}


def test_rel_14_a_change_meets_the_release_that_does_not_carry_it(office: Office) -> None:
    release, carried = opened(office, **WAVES)

    change = other_change(office, SECOND)

    assert kept(change) >= {
        ("same-item", release.number, "srv-mail"),
        ("same-service", release.number, "mail"),
    }
    # It opens two days before and is open still, but belongs to the release.
    assert all(number != carried.number for _, number, _, _ in found(office, release))


def test_rel_14_a_change_does_not_meet_the_release_that_carries_it(office: Office) -> None:
    change = office.open_case("change", "ben", summary="New filter", reason="Spam")
    release, _ = opened(office, changes=[change.number])
    window = {"window_start": PLAN["planned_at"], "window_end": PLAN["rollback_by"]}

    change.complete("plan", "chen", **{**CHANGE, **window})

    assert ("same-item", "srv-mail") in {(kind, about) for kind, _, about in kept(change)}
    assert release.number not in {number for _, number, _ in kept(change)}


def test_rel_14_two_releases_meet_each_other(office: Office) -> None:
    first, _ = opened(office)

    second = other_release(office)

    same = {("same-item", "srv-mail"), ("same-service", "mail")}
    assert {(kind, about) for kind, _, about, _ in found(office, first)} >= same
    for one, other in ((first, second), (second, first)):
        assert {number for _, number, *_ in found(office, one)} >= {other.number}


def test_rel_14_a_release_at_another_time_or_elsewhere_is_no_conflict(office: Office) -> None:
    first, _ = opened(office)
    later = DEPLOYS + timedelta(days=20)
    other_release(
        office,
        planned_at=later.isoformat(),
        rollback_by=(later + timedelta(hours=4)).isoformat(),
    )
    other_release(office, cis=["srv-print"], service="printing")

    assert found(office, first) == set()


@pytest.mark.parametrize("kind", ["hard-freeze", "soft-freeze"])
def test_rel_14_a_wave_in_a_freeze_is_named(office: Office, kind: str) -> None:
    freeze(office, kind, SECOND)

    release, _ = opened(office, **WAVES)

    assert found(office, release) == {(kind, "Year end", SECOND.isoformat(), "servers")}


def test_rel_14_a_freeze_of_normal_changes_lets_an_emergency_release_pass(office: Office) -> None:
    freeze(office, "hard-freeze", DEPLOYS, type="normal")

    normal, _ = opened(office)
    urgent = other_release(office, release_type="emergency", cis=["srv-print"], service="printing")

    assert "hard-freeze" in {kind for kind, *_ in found(office, normal)}
    assert found(office, urgent) == set()


def test_rel_14_who_decides_on_go_or_no_go_sees_the_conflicts(office: Office) -> None:
    change = other_change(office, DEPLOYS, service="erp")
    freeze(office, "soft-freeze", DEPLOYS)

    release, _ = built(office)

    vote = release.called("approval")
    assert release.state == "pending_approval"
    assert kept(release) == {
        ("same-item", change.number, "srv-mail"),
        ("soft-freeze", "Year end", DEPLOYS.isoformat()),
    }
    assert f"- same-item: {change.number} (srv-mail)" in str(vote.variable("description"))
    assert str(vote.variable("description")).startswith("Mail arrives within a minute")


def test_rel_14_what_is_deployed_stands_in_nobodys_way(office: Office) -> None:
    release, _ = built(office)
    office.does("mei", "vote", vote="approve")
    office.move_to(DEPLOYS)
    release.complete("deploy", "nora", deployment="done", deployed_digest="ab" * 32)

    change = other_change(office, DEPLOYS + timedelta(hours=1))

    assert release.number not in {number for _, number, _ in kept(change)}


def test_rel_14_a_wave_keeps_its_time_when_those_before_it_are_done() -> None:
    plan = {**PLAN, **WAVES}
    first, second = release_windows.of("REL-1", "Mail", "deploying", plan)
    done = {"waves": ["servers"], "deployment_log": [{"wave": "network", "outcome": "done"}]}

    assert (first.start, first.end) == (DEPLOYS, second.start)
    assert release_windows.of("REL-1", "Mail", "deploying", {**plan, **done}) == [second]


def test_rel_14_without_hours_the_window_ends_when_it_is_rolled_back() -> None:
    [whole] = release_windows.of("REL-1", "Mail", "planned", {**PLAN, "waves": ["A", "B"]})

    assert (whole.name, whole.end - whole.start) == ("A, B", timedelta(hours=4))
    assert release_windows.of("REL-1", "Mail", "new", {"summary": "No date yet"}) == []
