"""SLA clocks: what a list of events means, told as short histories."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from itil import calendars, clocks
from itil.clocks import (
    CalendarNotLoaded,
    ClockEvent,
    ClockEventsUnreadable,
    Kind,
    Phase,
    Reading,
    Spent,
    State,
)

SHIPPED = Path(__file__).parents[3] / "workflows" / "service_level" / "calendars"
CALENDARS = {
    path.stem: calendars.read(json.loads(path.read_text(encoding="utf-8")))
    for path in SHIPPED.glob("*.json")
}
START, PAUSE, RESUME, STOP = Kind.START, Kind.PAUSE, Kind.RESUME, Kind.STOP


def at(hour: float, day: int = 3) -> datetime:
    """An hour of March 2026 in Shanghai; the 3rd is a Tuesday."""
    return datetime(2026, 3, day, tzinfo=ZoneInfo("Asia/Shanghai")) + hours(hour)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def event(
    kind: Kind, when: datetime, target: float | None = None, calendar: str | None = None
) -> ClockEvent:
    return ClockEvent(kind, when, "test", None if target is None else hours(target), calendar)


def history(*later: tuple[Kind, datetime], target: float = 4, calendar: str = "always") -> Reading:
    """A clock started at 10:00 on Tuesday, with what happened later."""
    started = event(START, at(10), target, calendar)
    return clocks.fold([started, *(event(*entry) for entry in later)], CALENDARS)


def test_a_clock_without_events_has_not_started() -> None:
    reading = clocks.fold([], CALENDARS)
    assert reading.state_at(at(10)) is State.NOT_STARTED
    assert reading.due_at is None
    assert reading.moment_of(50) is None
    assert reading.elapsed(at(10)) == reading.paused(at(10)) == Spent(hours(0), hours(0))


def test_a_running_clock_is_due_after_its_target() -> None:
    reading = history()
    assert reading.due_at == at(14)
    assert reading.state_at(at(13.9)) is State.RUNNING
    assert reading.elapsed(at(12)) == Spent(hours(2), hours(2))


def test_a_clock_that_runs_at_its_due_moment_has_missed_it() -> None:
    assert history().state_at(at(14)) is State.BREACHED_RUNNING
    assert history().breached_at(at(14)) == at(14)
    assert history().breached_at(at(13.99)) is None


@pytest.mark.parametrize(("stopped", "state"), [(13.99, State.MET), (14.5, State.BREACHED_STOPPED)])
def test_a_stop_before_the_due_moment_meets_the_target(stopped: float, state: State) -> None:
    reading = history((STOP, at(stopped)))
    assert reading.state_at(at(23)) is state
    assert reading.due_at is None
    assert reading.elapsed(at(23)).wall == hours(stopped - 10)


def test_a_target_in_office_hours_leaves_out_lunch_and_night() -> None:
    reading = history(target=8, calendar="office-cn")
    # Tuesday 10 to 12 and 13:30 to 18 are 6.5 hours
    assert reading.due_at == at(10.5, day=4)
    assert reading.elapsed(at(9, day=4)) == Spent(business=hours(6.5), wall=hours(23))


def test_a_stop_at_the_weekend_after_a_friday_due_moment_is_too_late() -> None:
    started = event(START, at(17, day=6), 1, "office-cn")
    reading = clocks.fold([started, event(STOP, at(11, day=7))], CALENDARS)
    assert reading.breached_at(at(12, day=7)) == at(18, day=6)
    assert reading.state_at(at(12, day=7)) is State.BREACHED_STOPPED


def test_a_pause_moves_the_due_moment_by_its_business_time() -> None:
    paused = (PAUSE, at(11)), (RESUME, at(14))
    assert history(*paused).due_at == at(17)
    # 11 to 12 and 13:30 to 14 are 1.5 hours; 10 to 18 less that are 5 of 8 hours
    in_office = history(*paused, target=8, calendar="office-cn")
    assert in_office.due_at == at(12, day=4)
    assert in_office.paused(at(20)) == Spent(business=hours(1.5), wall=hours(3))


def test_a_paused_clock_is_not_due_and_counts_nothing() -> None:
    reading = history((PAUSE, at(11)))
    assert reading.state_at(at(23)) is State.PAUSED
    assert reading.due_at is None
    assert reading.elapsed(at(23)) == Spent(hours(1), hours(1))
    assert reading.paused(at(23)) == Spent(hours(12), hours(12))


def test_slm_15_a_due_moment_that_passes_while_paused_is_no_breach() -> None:
    paused = history((PAUSE, at(13)))
    assert paused.breached_at(at(20)) is None
    resumed = history((PAUSE, at(13)), (RESUME, at(20)))
    assert resumed.state_at(at(20.5)) is State.RUNNING
    assert resumed.due_at == at(21)


def test_a_breach_before_a_pause_stays_one() -> None:
    reading = history((PAUSE, at(15)))
    assert reading.state_at(at(16)) is State.PAUSED
    assert reading.breached_at(at(16)) == at(14)
    assert history((PAUSE, at(15)), (STOP, at(16))).state_at(at(17)) is State.BREACHED_STOPPED


def test_a_clock_stopped_in_a_pause_has_paused_until_then() -> None:
    reading = history((PAUSE, at(11)), (STOP, at(12)))
    assert reading.paused(at(23)) == Spent(hours(1), hours(1))


def test_a_reopened_case_goes_on_where_its_clock_stopped() -> None:
    reading = history((STOP, at(12)), (RESUME, at(20)))
    assert reading.due_at == at(22)
    assert reading.elapsed(at(21)) == Spent(hours(3), hours(3))
    assert reading.paused(at(21)).wall == hours(8)


def test_a_reopened_case_that_was_late_is_late_still() -> None:
    reading = history((STOP, at(15)), (RESUME, at(20)))
    assert reading.state_at(at(20)) is State.BREACHED_RUNNING
    assert reading.breached_at(at(20)) == at(14)


def test_a_reset_forgets_time_and_pauses() -> None:
    reading = history((PAUSE, at(11)), (RESUME, at(12)), (Kind.RESET, at(13)))
    assert reading.due_at == at(17)
    assert reading.elapsed(at(14)).business == hours(1)
    assert reading.paused(at(14)).wall == hours(0)
    assert reading.round == 2


def test_a_reset_while_paused_waits_on() -> None:
    reading = history((PAUSE, at(11)), (Kind.RESET, at(12)))
    assert reading.state_at(at(13)) is State.PAUSED
    assert reading.paused(at(13)).wall == hours(1)
    resumed = history((PAUSE, at(11)), (Kind.RESET, at(12)), (RESUME, at(13)))
    assert resumed.due_at == at(17)


def test_a_reset_sets_a_stopped_clock_going() -> None:
    assert history((STOP, at(15)), (Kind.RESET, at(16))).due_at == at(20)


def retargeted(kind: Kind, target: float, calendar: str | None = None) -> Reading:
    """Started at 10, paused from 11 to 12, a new target at 13."""
    events = [
        event(START, at(10), 4, "always"),
        event(PAUSE, at(11)),
        event(RESUME, at(12)),
        event(kind, at(13), target, calendar),
    ]
    return clocks.fold(events, CALENDARS)


@pytest.mark.parametrize(("target", "due"), [(8, 19), (3, 14), (1.5, 12.5), (0.5, 10.5)])
def test_slm_09_a_new_target_measures_from_the_start_and_keeps_pauses(
    target: float, due: float
) -> None:
    reading = retargeted(Kind.RETARGET, target)
    assert reading.due_at == at(due)
    assert reading.state_at(at(13)) is (State.RUNNING if due > 13 else State.BREACHED_RUNNING)


def test_a_new_target_from_now_is_a_reset_with_a_target() -> None:
    assert retargeted(Kind.RESET, 3).due_at == at(16)


def test_a_new_calendar_measures_the_time_so_far_again() -> None:
    # 10 to 11 and 12 to 13 are an hour of office time: the second is lunch
    reading = retargeted(Kind.RETARGET, 2, "office-cn")
    assert reading.elapsed(at(13)).business == hours(1)
    assert reading.due_at == at(14.5)


def test_a_new_target_in_a_pause_holds_when_the_pause_ends() -> None:
    events = [
        event(START, at(10), 4, "always"),
        event(PAUSE, at(11)),
        event(Kind.RETARGET, at(12), 2),
        event(RESUME, at(15)),
    ]
    assert clocks.fold(events[:3], CALENDARS).due_at is None
    assert clocks.fold(events, CALENDARS).due_at == at(16)


def test_a_new_target_does_not_whitewash_a_finished_clock() -> None:
    events = [
        event(START, at(10), 4, "always"),
        event(STOP, at(15)),
        event(Kind.RETARGET, at(16), 40),
    ]
    assert clocks.fold(events, CALENDARS).state_at(at(17)) is State.BREACHED_STOPPED


def test_a_cancelled_clock_is_neither_met_nor_missed() -> None:
    reading = history((Kind.CANCEL, at(15)))
    assert reading.state_at(at(16)) is State.CANCELLED
    assert reading.due_at is None
    assert reading.elapsed(at(23)).wall == hours(5)


def test_a_cancelled_clock_may_start_again() -> None:
    reading = history((Kind.CANCEL, at(11)), (START, at(15)))
    assert (reading.due_at, reading.round) == (at(19), 2)


@pytest.mark.parametrize(
    "later",
    [
        [(PAUSE, at(11)), (PAUSE, at(12)), (RESUME, at(13)), (RESUME, at(13.5))],
        [(START, at(10.5)), (PAUSE, at(11)), (START, at(12)), (RESUME, at(13))],
        [(RESUME, at(10.5)), (PAUSE, at(11)), (RESUME, at(13))],
    ],
)
def test_events_without_effect_change_nothing(later: list[tuple[Kind, datetime]]) -> None:
    reading = history(*later)
    assert reading.due_at == at(16)
    assert len(reading.events) == 3


def test_slm_26_a_clock_set_back_never_gives_negative_time() -> None:
    reading = history((PAUSE, at(9)), (RESUME, at(8)))
    assert reading.elapsed(at(7)) == reading.paused(at(7)) == Spent(hours(0), hours(0))
    assert reading.due_at == at(14)
    assert [entry.at for entry in reading.events] == [at(10)] * 3


def test_warning_moments_are_shares_of_business_time() -> None:
    reading = history(target=8, calendar="office-cn")
    moments = [reading.moment_of(percent) for percent in (50, 75, 90, 100, 150)]
    assert moments == [
        at(15.5),
        at(17.5),
        at(9.7, day=4),
        at(10.5, day=4),
        at(16, day=4),
    ]


def test_a_paused_clock_knows_the_moments_it_had_reached() -> None:
    reading = history((PAUSE, at(12)))
    assert reading.moment_of(50) == at(12)
    assert reading.moment_of(75) is None


def test_a_clock_without_target_only_measures() -> None:
    reading = clocks.fold([ClockEvent(START, at(10), "test", None, "always")], CALENDARS)
    assert reading.due_at is None
    assert reading.state_at(at(999)) is State.RUNNING
    assert reading.elapsed(at(11)).business == hours(1)


def test_a_calendar_that_is_not_loaded_is_named() -> None:
    with pytest.raises(CalendarNotLoaded, match=r"'mars'.*Loaded: always, office-cn, weekdays"):
        clocks.fold([event(START, at(10), 4, "mars")], CALENDARS)
    with pytest.raises(CalendarNotLoaded, match="counts in no calendar"):
        clocks.fold([event(START, at(10), 4)], CALENDARS)


@pytest.mark.parametrize("target", [timedelta(0), timedelta(seconds=-1), timedelta(microseconds=5)])
def test_a_target_that_is_not_whole_seconds_is_refused(target: timedelta) -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        ClockEvent(START, at(10), "test", target, "always")


def test_an_event_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        ClockEvent(START, datetime(2026, 3, 3), "test")  # noqa: DTZ001


@pytest.mark.parametrize("state", State)
def test_slm_04_every_state_belongs_to_a_phase(state: State) -> None:
    assert isinstance(state.phase, Phase)


def test_events_are_stored_in_one_readable_line() -> None:
    events = (
        ClockEvent(START, at(10), "case.created", hours(4), "always"),
        ClockEvent(PAUSE, at(11), "pending_user"),
        ClockEvent(RESUME, datetime(2026, 3, 3, 4, 0, 0, 5, tzinfo=UTC), "用户答复"),
        ClockEvent(Kind.RETARGET, at(13), "priority", None, "office-cn"),
    )
    text = clocks.to_json(events)
    assert json.loads(text) == [
        ["start", "2026-03-03T02:00:00Z", "case.created", 14400, "always"],
        ["pause", "2026-03-03T03:00:00Z", "pending_user"],
        ["resume", "2026-03-03T04:00:00.000005Z", "用户答复"],
        ["retarget", "2026-03-03T05:00:00Z", "priority", None, "office-cn"],
    ]
    assert clocks.from_json(text) == events


@pytest.mark.parametrize("text", ["", "{", "7", "[[]]", '[["nap","2026-03-03T02:00:00Z","x"]]'])
def test_damaged_events_are_refused(text: str) -> None:
    with pytest.raises(ClockEventsUnreadable, match="cannot be read"):
        clocks.from_json(text)


def test_slm_17_an_explanation_tells_events_days_and_the_due_moment() -> None:
    started = ClockEvent(START, at(17, day=5), "case.created", hours(8), "office-cn")
    events = [started, event(PAUSE, at(9, day=6)), event(RESUME, at(10, day=6))]
    lines = clocks.explain(clocks.fold(events, CALENDARS), at(11, day=6))
    assert [line.code for line in lines] == [
        "clock.start",
        "clock.pause",
        "clock.resume",
        "clock.target",
        "clock.counted",
        "clock.skipped",
        "clock.counted",
        "clock.skipped",
        "clock.counted",
        "clock.due",
    ]
    assert lines[2].parameters == {
        "at": at(10, day=6),
        "cause": "test",
        "business": hours(1),
        "wall": hours(1),
    }
    assert lines[7].parameters == {
        "first": date(2026, 3, 7),
        "last": date(2026, 3, 8),
        "days": 2,
        "reason": "weekend",
        "name": "",
        "counted": hours(0),
    }
    assert lines[-1].parameters["at"] == at(9.5, day=9)


def test_the_days_of_an_explanation_add_up_to_the_target() -> None:
    reading = history((PAUSE, at(11)), (RESUME, at(12, day=4)), target=40, calendar="office-cn")
    lines = clocks.explain(reading, at(13, day=4))
    counted = [line.parameters["counted"] for line in lines if line.code == "clock.counted"]
    assert sum((span for span in counted if isinstance(span, timedelta)), hours(0)) == hours(40)


@pytest.mark.parametrize(
    ("later", "code"),
    [
        ([], "clock.missed"),
        ([(STOP, at(11))], "clock.met"),
        ([(STOP, at(15))], "clock.missed"),
        ([(PAUSE, at(11))], "clock.waiting"),
        ([(Kind.CANCEL, at(11))], "clock.cancelled"),
    ],
)
def test_an_explanation_ends_with_the_result(later: list[tuple[Kind, datetime]], code: str) -> None:
    assert clocks.explain(history(*later), at(20))[-1].code == code


def test_a_clock_that_has_not_started_says_so() -> None:
    lines = clocks.explain(clocks.fold([], CALENDARS), at(10))
    assert [line.code for line in lines] == ["clock.not-started"]


def test_an_explanation_warns_of_a_year_without_official_holidays() -> None:
    started = ClockEvent(
        START, datetime(2026, 12, 31, tzinfo=UTC), "case.created", hours(40), "office-cn"
    )
    lines = clocks.explain(clocks.fold([started], CALENDARS), datetime(2026, 12, 31, tzinfo=UTC))
    warnings = [line.parameters for line in lines if line.code == "calendar.notice-missing"]
    assert warnings == [{"calendar": "office-cn", "year": 2027}]
