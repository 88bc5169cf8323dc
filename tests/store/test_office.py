"""Whole incidents on both databases: numbers, clocks, races."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import wiring
from engine.clock import ManualClock
from engine.commands import definitions
from engine.store import tables
from engine.store.unit_of_work import UnitOfWork
from itil import cases, level_sweep
from tests.conftest import MONDAY
from tests.office import SOLVED, Office, opened

CLASSIFIED = {"category": "network", "subcategory": "vpn", "service": "network"}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    with opened(tmp_path, ManualClock(MONDAY), url) as office:
        yield office


def together(count: int, act: object) -> list[BaseException]:
    """Run `act(number)` in so many threads at once; answers what they raised."""
    raised: list[BaseException] = []

    def one(number: int) -> None:
        try:
            act(number)  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            raised.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_an_incident_runs_from_report_to_closure(place: Office) -> None:
    incident = place.open_incident(as_="rita")
    incident.complete("classify", "ben", impact=2, urgency=2, **CLASSIFIED)
    assert (incident.record.priority, incident.record.group) == (3, "network")
    incident.complete(
        "diagnose", "nora", outcome="resolve", resolution_code="fixed", resolution="Rebooted it."
    )
    assert incident.state == "resolved"

    place.advance(hours=119)
    assert incident.state == "resolved"
    place.advance(hours=1)

    assert (incident.state, incident.status) == ("closed", "completed")
    assert incident.chain().ok


def test_inc_02_four_who_report_at_once_get_different_numbers_without_a_gap(place: Office) -> None:
    """INC-02."""
    numbers: list[str] = []
    raised = together(4, lambda _: [numbers.append(place.open_incident().number) for _ in range(5)])

    assert raised == []
    assert sorted(numbers, key=lambda n: int(n[4:])) == [f"INC-{n}" for n in range(1, 21)]


def test_inc_13_each_level_of_a_clock_fires_once_whoever_sweeps(place: Office) -> None:
    """INC-13: two schedulers, a restart in between, and everything late."""
    incident = place.open_incident(as_="rita")
    incident.complete("classify", "ben", impact=1, urgency=1, **CLASSIFIED)

    place.clock.advance(timedelta(hours=5))
    raised = together(3, lambda _: level_sweep.run_due(place.runtime))
    level_sweep.run_due(place.runtime)

    assert raised == []
    levels = [
        (row.details["values"]["clock"], row.details["values"]["level"])
        for row in incident.trail()
        if row.action == "message.caught"
    ]
    assert len(levels) == len(set(levels)) > 4
    assert ("resolution", 100) in levels


def test_evt_10_a_clock_set_back_loses_no_timer_and_fires_none_twice(place: Office) -> None:
    """SLM-26, EVT-10."""
    incident = place.open_incident(as_="rita")
    incident.complete("classify", "ben", impact=1, urgency=1, **CLASSIFIED)
    place.advance(hours=3)
    fired = len(incident.trail())

    place.move_to(MONDAY)
    place.advance(hours=3)
    assert len(incident.trail()) == fired
    for clock in incident.clocks().values():
        assert clock.reading.elapsed(place.clock.now()).business >= timedelta(0)

    place.advance(hours=1)
    assert len(incident.trail()) > fired


def test_evt_10_what_fires_late_says_by_how_much(place: Office) -> None:
    incident = place.open_incident(as_="rita")
    incident.complete("classify", "ben", impact=3, urgency=3, **SOLVED)

    place.advance(days=20)  # nobody swept meanwhile

    assert incident.state == "closed"
    late = [row.details.get("late_seconds", 0) for row in incident.trail()]
    assert max(late) > timedelta(days=10).total_seconds()


def test_a_deployed_calendar_does_not_move_a_running_clock(place: Office) -> None:
    """SLM-02: definitions and calendars are pinned when a clock starts."""
    incident = place.open_incident(as_="rita")
    before = incident.clocks()["resolution"].reading.due_at
    file = wiring.ROOT / "workflows/service_level/calendars/office-cn.json"
    source = file.read_bytes()
    shorter = source.replace(b"09:00-12:00", b"10:00-12:00")
    place.runtime.run(
        place.person("adam"),
        lambda work: definitions.deploy(work, {"calendars/office-cn.json": shorter}, "later start"),
    )

    assert incident.clocks()["resolution"].reading.due_at == before
    later = place.open_incident(as_="rita")
    assert later.clocks()["resolution"].reading.due_at != before


def test_a_case_of_nobody_is_said_to_be_unknown(place: Office) -> None:
    with place.runtime.read() as reader, pytest.raises(cases.CaseNotFound, match="no case 'INC-9'"):
        cases.get(reader, "INC-9")


def test_a_level_whose_process_fails_is_tried_again_and_stops_nobody_else(place: Office) -> None:
    broken, healthy = (place.open_incident(as_="rita") for _ in range(2))
    for incident in (broken, healthy):
        incident.complete("classify", "ben", impact=1, urgency=1, **CLASSIFIED)
    place.runtime.run(place.person("adam"), lambda work: _damage(work, broken.id, whole=False))

    place.advance(minutes=10)
    assert "message.caught" in {row.action for row in healthy.trail()}
    assert [row.action for row in broken.trail()].count("sla.failed") == 1

    place.runtime.run(place.person("adam"), lambda work: _damage(work, broken.id, whole=True))
    place.advance(minutes=31)
    assert "message.caught" in {row.action for row in broken.trail()}
    assert broken.chain().ok


def _damage(work: UnitOfWork, instance_id: int, *, whole: bool) -> None:
    """Make the state of an instance unreadable, or readable again."""
    row = tables.instances.c
    state = work.connection.execute(select(row.state).where(row.id == instance_id)).scalar_one()
    turned = state[3:] if whole else b"???" + state
    work.connection.execute(
        update(tables.instances).where(row.id == instance_id).values(state=turned)
    )


def test_cases_recorded_at_one_moment_are_all_listed_page_by_page(place: Office) -> None:
    raised = {place.open_incident().number for _ in range(5)}
    listed: list[str] = []
    with place.runtime.read() as reader:
        while page := cases.search(reader, cases.Search(), listed[-1] if listed else None, limit=2):
            listed += [case.number for case in page]

    assert sorted(listed) == sorted(raised)
