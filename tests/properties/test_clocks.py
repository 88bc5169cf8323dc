"""Laws of SLA clocks that hold for every history of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from itil import calendars, clocks
from itil.calendar_reader import WEEKDAYS
from itil.calendars import Calendar
from itil.clocks import ClockEvent, Kind, Phase, Reading, State

NOTHING = timedelta(0)
BEGIN = datetime(2026, 1, 30, 1, tzinfo=UTC)
OFFICE = ["09:00-12:00", "13:30-18:00"]
ALL_DAY = ["00:00-24:00"]
PERCENTS = (50, 75, 90, 100, 150)


@cache
def known() -> dict[str, Calendar]:
    always = dict.fromkeys(WEEKDAYS, ALL_DAY)
    office = dict.fromkeys(WEEKDAYS[:5], OFFICE)
    public = {"country": "CN", "make_up_hours": "mon"}
    name = {"en": "Test"}
    documents: list[dict[str, object]] = [
        {"key": "always", "name": name, "zone": "UTC", "week": always},
        {
            "key": "office",
            "name": name,
            "zone": "Asia/Shanghai",
            "week": office,
            "holidays": public,
        },
    ]
    return {str(document["key"]): calendars.read(document) for document in documents}


spans = st.timedeltas(NOTHING, timedelta(days=4))
targets = st.integers(1, 200 * 3600).map(lambda seconds: timedelta(seconds=seconds))
keys = st.sampled_from(["always", "office"])
causes = st.text(max_size=8)
PLAIN = (Kind.PAUSE, Kind.RESUME, Kind.STOP, Kind.CANCEL)


@st.composite
def histories(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(Kind)) -> list[ClockEvent]:
    """A start, then events of some kinds, each at or after the one before."""
    started = ClockEvent(Kind.START, BEGIN, "case.created", draw(targets), draw(keys))
    waits = draw(st.lists(spans, max_size=8))
    moments = list(accumulate(waits, initial=BEGIN))[1:]
    events = [started]
    for moment in moments:
        kind = draw(st.sampled_from(kinds))
        changing = kind in {Kind.RETARGET, Kind.RESET, Kind.START}
        target = draw(st.none() | targets) if changing else None
        calendar = draw(st.none() | keys) if changing else None
        events.append(ClockEvent(kind, moment, draw(causes), target, calendar))
    return events


def fold(events: list[ClockEvent]) -> Reading:
    return clocks.fold(events, known())


unhurried = settings(deadline=None)  # the first question about a year builds it


@unhurried
@given(histories(), spans)
def test_slm_06_recomputing_from_storage_gives_the_same_reading(
    events: list[ClockEvent], later: timedelta
) -> None:
    stored = list(clocks.from_json(clocks.to_json(events)))
    assert stored == events
    assert fold(stored) == fold(events)
    now = events[-1].at + later
    assert clocks.explain(fold(stored), now) == clocks.explain(fold(events), now)


@unhurried
@given(histories(), st.data(), st.timedeltas(timedelta(days=-30), timedelta(days=60)))
def test_no_order_of_times_and_no_now_makes_a_negative_duration(
    events: list[ClockEvent], data: st.DataObject, since: timedelta
) -> None:
    shuffled = data.draw(st.permutations(events[1:]))
    reading = fold([events[0], *shuffled])
    for spent in (reading.elapsed(BEGIN + since), reading.paused(BEGIN + since)):
        assert NOTHING <= spent.business <= spent.wall


@unhurried
@given(histories(), spans)
def test_what_counted_and_what_paused_make_up_the_whole(
    events: list[ClockEvent], later: timedelta
) -> None:
    reading = fold(events)
    now = events[-1].at + later
    assert reading.began is not None
    assert reading.changed is not None
    assert reading.calendar is not None
    ended = reading.phase in {Phase.STOPPED, Phase.CANCELLED}
    until = reading.changed if ended else now
    elapsed, paused = reading.elapsed(now), reading.paused(now)
    assert elapsed.wall + paused.wall == until - reading.began
    assert elapsed.business + paused.business == reading.calendar.elapsed(reading.began, until)


@unhurried
@given(histories())
def test_slm_06_the_due_moment_is_start_plus_target_plus_paused_business_time(
    events: list[ClockEvent],
) -> None:
    reading = fold(events)
    due = reading.due_at
    if due is None or reading.runs[-1].start > due:
        return  # not running, or missed before the last pause
    assert reading.began is not None
    assert reading.calendar is not None
    assert reading.target is not None
    work = reading.target + reading.paused(due).business
    assert due == reading.calendar.add(reading.began, work)


@unhurried
@given(histories(PLAIN))
def test_the_due_moment_moves_only_by_pauses_and_only_later(events: list[ClockEvent]) -> None:
    first = fold(events[:1]).due_at
    assert first is not None
    previous = first
    for count in range(1, len(events) + 1):
        reading = fold(events[:count])
        if reading.due_at is None:
            continue
        assert reading.due_at >= previous
        assert (reading.due_at == first) or reading.paused(events[count - 1].at).business > NOTHING
        previous = reading.due_at


@unhurried
@given(histories(PLAIN), spans)
def test_without_new_targets_a_missed_target_stays_missed(
    events: list[ClockEvent], later: timedelta
) -> None:
    missed: datetime | None = None
    for count in range(1, len(events) + 1):
        reading = fold(events[:count])
        now = events[count - 1].at
        if missed is not None:
            assert reading.breached_at(now) == missed
        missed = reading.breached_at(now)
    now = events[-1].at + later
    if missed is not None:
        assert fold(events).breached_at(now) == missed


@unhurried
@given(histories(), spans)
def test_levels_follow_each_other_and_state_agrees_with_the_due_moment(
    events: list[ClockEvent], later: timedelta
) -> None:
    reading = fold(events)
    now = events[-1].at + later
    moments = [reading.moment_of(percent) for percent in PERCENTS]
    reached = [moment for moment in moments if moment is not None]
    assert moments[: len(reached)] == reached == sorted(reached)
    if reading.due_at is not None:
        late = reading.due_at <= now
        assert reading.state_at(now) is (State.BREACHED_RUNNING if late else State.RUNNING)


@unhurried
@given(histories(), spans)
def test_events_without_effect_can_be_left_out(events: list[ClockEvent], later: timedelta) -> None:
    reading = fold(events)
    assert fold(list(reading.events)) == reading
    assert reading.elapsed(BEGIN + later) == fold(list(reading.events)).elapsed(BEGIN + later)
