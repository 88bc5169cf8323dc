"""Service levels: the shipped incident levels, and documents that are refused."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from itil import calendars, clocks, service_levels
from itil.clocks import ClockEvent, Kind, Reading, State
from itil.service_levels import Level, ServiceLevelInvalid, Target, Trigger

WORKFLOWS = Path(__file__).parents[3] / "workflows"
DOCUMENT = json.loads((WORKFLOWS / "incident" / "service_levels.json").read_text(encoding="utf-8"))
KNOWN = {path.stem for path in (WORKFLOWS / "service_level" / "calendars").glob("*.json")}
INCIDENT = service_levels.read(DOCUMENT, KNOWN)
ALWAYS = calendars.read(
    json.loads((WORKFLOWS / "service_level" / "calendars" / "always.json").read_text("utf-8"))
)
CREATED = Trigger(event="case.created")
RESPONDED = Trigger(event="response.given")
BEGIN = datetime(2026, 3, 3, 10, tzinfo=UTC)
LEVELS = tuple(Level(percent, "sla-warning") for percent in (50, 75, 100))


def change(previous: str, state: str) -> Trigger:
    return Trigger(state=state, previous=previous)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def clock(*later: tuple[Kind, float], target: float = 4) -> Reading:
    started = ClockEvent(Kind.START, BEGIN, "case.created", hours(target), "always")
    events = [ClockEvent(kind, BEGIN + hours(after), "test") for kind, after in later]
    return clocks.fold([started, *events], {"always": ALWAYS})


@pytest.mark.parametrize(
    ("trigger", "current", "kinds"),
    [
        (CREATED, State.NOT_STARTED, [Kind.START]),
        (CREATED, State.RUNNING, []),
        (change("in_progress", "pending_user"), State.RUNNING, [Kind.PAUSE]),
        (change("in_progress", "pending_vendor"), State.BREACHED_RUNNING, [Kind.PAUSE]),
        (change("in_progress", "pending_change"), State.RUNNING, [Kind.PAUSE]),
        (change("in_progress", "pending_problem"), State.RUNNING, [Kind.PAUSE]),
        (change("pending_user", "pending_vendor"), State.PAUSED, []),
        (change("pending_user", "in_progress"), State.PAUSED, [Kind.RESUME]),
        (change("pending_user", "resolved"), State.PAUSED, [Kind.STOP]),
        (change("pending_user", "cancelled"), State.PAUSED, [Kind.CANCEL]),
        (change("assigned", "in_progress"), State.RUNNING, []),
        (change("in_progress", "resolved"), State.RUNNING, [Kind.STOP]),
        (change("resolved", "closed"), State.MET, []),
        (change("resolved", "cancelled"), State.MET, []),
        (change("resolved", "in_progress"), State.MET, [Kind.RESUME]),
        (change("resolved", "assigned"), State.BREACHED_STOPPED, [Kind.RESUME]),
        (change("closed", "in_progress"), State.MET, [Kind.RESUME]),
        (change("resolved", "pending_user"), State.MET, [Kind.RESUME, Kind.PAUSE]),
        (change("new", "cancelled"), State.NOT_STARTED, []),
        (change("new", "assigned"), State.NOT_STARTED, []),
        (RESPONDED, State.RUNNING, []),
    ],
)
def test_what_moves_the_resolution_clock_of_an_incident(
    trigger: Trigger, current: State, kinds: list[Kind]
) -> None:
    assert list(INCIDENT.events_for("resolution", trigger, current)) == kinds


@pytest.mark.parametrize(
    ("trigger", "current", "kinds"),
    [
        (CREATED, State.NOT_STARTED, [Kind.START]),
        (RESPONDED, State.RUNNING, [Kind.STOP]),
        (RESPONDED, State.BREACHED_RUNNING, [Kind.STOP]),
        (RESPONDED, State.MET, []),
        (change("in_progress", "pending_user"), State.RUNNING, []),
        (change("in_progress", "resolved"), State.RUNNING, [Kind.STOP]),
        (change("resolved", "in_progress"), State.MET, []),
        (change("in_progress", "cancelled"), State.RUNNING, [Kind.CANCEL]),
    ],
)
def test_what_moves_the_response_clock_of_an_incident(
    trigger: Trigger, current: State, kinds: list[Kind]
) -> None:
    assert list(INCIDENT.events_for("response", trigger, current)) == kinds


@pytest.mark.parametrize(
    ("priority", "response", "resolution", "calendar"),
    [
        (1, 0.25, 4, "always"),
        (2, 0.5, 8, "always"),
        (3, 2, 24, "office-cn"),
        (4, 8, 40, "office-cn"),
    ],
)
def test_the_shipped_targets_by_priority(
    priority: int, response: float, resolution: float, calendar: str
) -> None:
    assert INCIDENT.target("response", priority) == Target(hours(response), calendar)
    assert INCIDENT.target("resolution", priority) == Target(hours(resolution), calendar)


def test_the_shipped_levels_warn_before_and_call_a_breach_from_100_percent() -> None:
    for name in INCIDENT.clocks:
        for priority in service_levels.PRIORITIES:
            levels = INCIDENT.levels(name, priority)
            assert 100 in [level.percent for level in levels]
            for level in levels:
                late = level.percent >= 100
                assert level.message == ("sla-breach" if late else "sla-warning")


def test_a_definition_names_the_states_it_relies_on() -> None:
    assert {"pending_user", "resolved", "cancelled", "in_progress"} <= INCIDENT.states
    assert "" not in INCIDENT.states


def edited(path: str, value: Any) -> dict[str, Any]:
    """The shipped document with one value replaced, found by a path such as `clocks.response`."""
    document = copy.deepcopy(DOCUMENT)
    *parents, last = path.split(".")
    place = document
    for name in parents:
        place = place[name]
    place[last] = value
    return document


def response_conditions(**changes: Any) -> dict[str, Any]:
    return {**DOCUMENT["clocks"]["response"]["conditions"], **changes}


def with_response(**changes: Any) -> service_levels.Definition:
    conditions = response_conditions(**changes)
    return service_levels.read(edited("clocks.response.conditions", conditions), KNOWN)


def test_a_response_clock_that_pauses_is_not_reopened_by_further_work() -> None:
    pausing = with_response(pause=[{"state": "pending_user"}], resume=[{"state": "in_progress"}])
    back_to_work = change("pending_user", "in_progress")
    assert pausing.events_for("response", back_to_work, State.PAUSED) == (Kind.RESUME,)
    assert pausing.events_for("response", back_to_work, State.MET) == ()
    assert pausing.events_for("response", change("x", "pending_user"), State.MET) == ()


def test_a_policy_may_restart_a_reopened_clock() -> None:
    restarting = with_response(reset=[{"state": "in_progress", "from": "resolved"}])
    reopened = change("resolved", "in_progress")
    assert restarting.events_for("response", reopened, State.MET) == (Kind.RESET,)
    assert restarting.events_for("response", change("new", "in_progress"), State.RUNNING) == ()


def test_a_reset_in_a_pause_may_go_on_at_once() -> None:
    updating = with_response(
        pause=[{"state": "pending_user"}],
        resume=[{"event": "user.answered"}],
        reset=[{"event": "user.answered"}],
    )
    answered = Trigger(event="user.answered")
    assert updating.events_for("response", answered, State.PAUSED) == (Kind.RESET, Kind.RESUME)
    assert updating.events_for("response", answered, State.MET) == ()


@pytest.mark.parametrize(
    ("policy", "current", "kind"),
    [
        ("keep", State.RUNNING, Kind.RETARGET),
        ("keep", State.PAUSED, Kind.RETARGET),
        ("restart", State.BREACHED_RUNNING, Kind.RESET),
        ("keep", State.MET, None),
        ("restart", State.BREACHED_STOPPED, None),
        ("keep", State.NOT_STARTED, None),
        ("restart", State.CANCELLED, None),
    ],
)
def test_a_new_priority_keeps_or_restarts_a_clock_that_counts(
    policy: str, current: State, kind: Kind | None
) -> None:
    definition = service_levels.read(edited("clocks.response.on_retarget", policy), KNOWN)
    assert definition.retarget_for("response", current) is kind


def test_levels_come_in_order_each_once() -> None:
    reading, fired, found = clock(), set[int](), []
    while step := service_levels.next_level(reading, LEVELS, fired):
        level, at = step
        found.append((level.percent, at - BEGIN))
        fired.add(level.percent)
    assert found == [(50, hours(2)), (75, hours(3)), (100, hours(4))]


def test_the_order_of_levels_in_the_call_does_not_matter() -> None:
    found = service_levels.next_level(clock(), LEVELS[::-1], set())
    assert found == (LEVELS[0], BEGIN + hours(2))


def test_a_pause_moves_the_levels_that_were_not_reached() -> None:
    paused, resumed = (Kind.PAUSE, 2.5), (Kind.RESUME, 5.5)
    assert service_levels.next_level(clock(paused), LEVELS, {50}) is None
    assert service_levels.next_level(clock(paused, resumed), LEVELS, {50}) == (
        LEVELS[1],
        BEGIN + hours(6),
    )


def test_a_level_reached_before_a_pause_or_stop_still_comes() -> None:
    for ending in (Kind.PAUSE, Kind.STOP):
        reading = clock((ending, 2.5))
        assert service_levels.next_level(reading, LEVELS, set()) == (LEVELS[0], BEGIN + hours(2))
        assert service_levels.next_level(reading, LEVELS, {50}) is None


def test_a_shorter_target_brings_passed_levels_at_once() -> None:
    events = [
        ClockEvent(Kind.START, BEGIN, "case.created", hours(40), "always"),
        ClockEvent(Kind.RETARGET, BEGIN + hours(10), "priority", hours(4)),
    ]
    reading = clocks.fold(events, {"always": ALWAYS})
    assert service_levels.next_level(reading, LEVELS, set()) == (LEVELS[0], BEGIN + hours(2))
    assert service_levels.next_level(reading, LEVELS, {50, 75}) == (LEVELS[2], BEGIN + hours(4))


@pytest.mark.parametrize("reading", [clock((Kind.CANCEL, 3)), Reading()])
def test_a_clock_that_is_cancelled_or_not_started_fires_nothing(reading: Reading) -> None:
    assert service_levels.next_level(reading, LEVELS, set()) is None


GOAL = "clocks.response.priorities.1"
CONDITIONS = "clocks.response.conditions"


@pytest.mark.parametrize(
    ("path", "value", "element", "says"),
    [
        ("key", "", "key", "no text"),
        ("clocks", {}, "clocks", "there is no clock"),
        ("colour", "red", "document", "'colour' is not known here"),
        (f"{GOAL}.target", "4h", f"{GOAL}.target", "'4h' is no duration"),
        (f"{GOAL}.target", "P3D", f"{GOAL}.target", "PT24H for 3 days"),
        (f"{GOAL}.target", "PT", f"{GOAL}.target", "no duration"),
        (f"{GOAL}.target", "PT0M", f"{GOAL}.target", "no duration"),
        (f"{GOAL}.calendar", "mars", f"{GOAL}.calendar", "Write one of always, office-cn"),
        (f"{GOAL}.levels", {}, f"{GOAL}.levels", "no list"),
        (
            f"{GOAL}.levels",
            [{"percent": True, "message": "m"}],
            f"{GOAL}.levels[0].percent",
            "True is no percentage",
        ),
        (
            f"{GOAL}.levels",
            [{"percent": 0, "message": "m"}],
            f"{GOAL}.levels[0].percent",
            "1 to 1000",
        ),
        (
            f"{GOAL}.levels",
            [{"percent": 50, "message": "a"}, {"percent": 50, "message": "b"}],
            f"{GOAL}.levels[1].percent",
            "listed twice",
        ),
        ("clocks.response.priorities", {"1": {}}, "clocks.response.priorities", "'2' is missing"),
        ("clocks.response.on_retarget", "ask", "clocks.response.on_retarget", "keep or restart"),
        (f"{CONDITIONS}.start", [], f"{CONDITIONS}.start", "would never start"),
        (f"{CONDITIONS}.stop", [], f"{CONDITIONS}.stop", "would never stop"),
        (f"{CONDITIONS}.pause", [{"state": "new"}], f"{CONDITIONS}.resume", "never go on"),
        (f"{CONDITIONS}.pause", [{"when": "new"}], f"{CONDITIONS}.pause[0]", "no trigger"),
        (f"{CONDITIONS}.pause", [{}], f"{CONDITIONS}.pause[0]", "no trigger"),
        (
            f"{CONDITIONS}.pause",
            [{"state": "new", "event": "x"}],
            f"{CONDITIONS}.pause[0]",
            "no trigger",
        ),
        (f"{CONDITIONS}.hold", [], CONDITIONS, "'hold' is not known here"),
    ],
)
def test_a_wrong_document_is_refused_with_its_path(
    path: str, value: Any, element: str, says: str
) -> None:
    with pytest.raises(ServiceLevelInvalid) as refused:
        service_levels.read(edited(path, value), KNOWN)
    assert refused.value.code == "service-level.invalid"
    assert [finding.element for finding in refused.value.findings] == [element]
    assert says in str(refused.value)
