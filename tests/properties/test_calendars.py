"""Laws of business time that hold for every calendar and every moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from itil import calendars
from itil.calendar_reader import WEEKDAYS
from itil.calendars import Calendar

OFFICE = ["09:00-12:00", "13:30-18:00"]
NIGHT = ["00:00-02:30", "02:30-06:00", "22:00-24:00"]
NOTHING = timedelta(0)
DOCUMENTS: dict[str, dict[str, object]] = {
    "office-cn": {
        "zone": "Asia/Shanghai",
        "week": dict.fromkeys(WEEKDAYS[:5], OFFICE),
        "holidays": {"country": "CN", "make_up_hours": "mon"},
    },
    "always-new-york": {
        "zone": "America/New_York",
        "week": {day: ["00:00-24:00"] for day in WEEKDAYS},
    },
    "nights-berlin": {  # open in the hours that clocks skip and repeat
        "zone": "Europe/Berlin",
        "week": dict.fromkeys(WEEKDAYS, NIGHT),
        "holidays": {"country": "DE", "make_up_hours": "mon"},
    },
    "mondays-cairo": {  # clocks change at midnight
        "zone": "Africa/Cairo",
        "week": {"mon": ["00:00-00:01", "23:30-24:00"], "fri": ["00:00-24:00"]},
        "special_days": {"2026-05-05": {"hours": ["23:00-24:00"], "reason": "Move"}},
    },
}


@cache
def calendar(key: str) -> Calendar:
    return calendars.read({"key": key, "name": {"en": key}, **DOCUMENTS[key]})


keys = st.sampled_from(sorted(DOCUMENTS))
moments = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2029, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
works = st.timedeltas(NOTHING, timedelta(days=60))
unhurried = settings(deadline=None)  # the first question about a year builds it


@unhurried
@given(keys, moments, works)
def test_slm_08_what_was_added_has_elapsed(key: str, start: datetime, work: timedelta) -> None:
    here = calendar(key)
    assert here.elapsed(start, here.add(start, work)) == work


@unhurried
@given(keys, moments, moments)
def test_adding_what_elapsed_ends_no_later_and_misses_no_work(
    key: str, start: datetime, end: datetime
) -> None:
    here = calendar(key)
    back = here.add(start, here.elapsed(start, end))
    if end >= start:
        assert start <= back <= end
        assert here.elapsed(back, end) == NOTHING


@unhurried
@given(keys, moments, st.lists(works, min_size=2, max_size=5))
def test_more_work_ends_later(key: str, start: datetime, amounts: list[timedelta]) -> None:
    ends = [calendar(key).add(start, work) for work in sorted(set(amounts))]
    assert all(earlier < later for earlier, later in pairwise(ends))


@unhurried
@given(keys, st.tuples(moments, moments), works)
def test_starting_later_never_ends_earlier(
    key: str, starts: tuple[datetime, datetime], work: timedelta
) -> None:
    first, second = sorted(starts)
    assert calendar(key).add(first, work) <= calendar(key).add(second, work)


@unhurried
@given(keys, st.tuples(moments, moments, moments))
def test_parts_of_an_interval_add_up(key: str, found: tuple[datetime, datetime, datetime]) -> None:
    here = calendar(key)
    a, b, c = sorted(found)
    assert here.elapsed(a, c) == here.elapsed(a, b) + here.elapsed(b, c)


@unhurried
@given(keys, moments, moments)
def test_business_time_is_between_nothing_and_real_time(
    key: str, start: datetime, end: datetime
) -> None:
    assert NOTHING <= calendar(key).elapsed(start, end) <= max(end - start, NOTHING)


@unhurried
@given(keys, moments, st.timedeltas(NOTHING, timedelta(days=90)))
def test_an_explanation_adds_up_and_leaves_no_day_out(
    key: str, start: datetime, span: timedelta
) -> None:
    here = calendar(key)
    days = here.explain(start, start + span)
    assert sum((day.counted for day in days), NOTHING) == here.elapsed(start, start + span)
    assert all(later.date - day.date == timedelta(days=1) for day, later in pairwise(days))


@unhurried
@given(keys, st.lists(moments, min_size=2, max_size=6), works)
def test_answers_do_not_depend_on_the_questions_before(
    key: str, starts: list[datetime], work: timedelta
) -> None:
    fresh = calendars.read({"key": key, "name": {"en": key}, **DOCUMENTS[key]})
    assert [fresh.add(start, work) for start in starts] == [
        calendar(key).add(start, work) for start in starts
    ]
