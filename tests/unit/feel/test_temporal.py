"""Dates, times and durations, far and near."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from engine.feel.temporal.civil import civil_from_days, days_from_civil
from engine.feel.temporal.text import read_duration, read_temporal
from engine.feel.temporal.values import Nanos, add_months, make_date
from tests.unit.feel.asking import NOW, value

CASES = [
    ('date("2026-02-30")', None),
    ('date("2024-02-29")', "2024-02-29"),
    ('date("2026-01-31") + @"P1M"', "2026-02-28"),
    ('date("2024-02-29") - @"P1Y"', "2023-02-28"),
    ('date("2026-11-23") - date("2026-11-20")', "P3D"),
    ('date("2026-11-23") + @"PT36H"', "2026-11-24"),
    ('date("999999999-12-31") + @"P1D"', None),
    ('date("-0001-01-01") + @"P1D"', "-0001-01-02"),
    ("date(2026, 11, 23)", "2026-11-23"),
    ('date("2026-11-23").weekday', 1),
    ('time("23:30:00") + @"PT45M"', "00:15:00"),
    ('time("24:00:00")', None),
    ('date and time("2026-11-23T24:00:00")', "2026-11-24T00:00:00"),
    ('time("10:30:00+01:00").time offset', "PT1H"),
    ('time("10:30:00@Europe/Paris").timezone', "Europe/Paris"),
    ('time("10:30:00@Europe/Nowhere")', None),
    ('time("10:30:00@Europe")', None),
    ('time("10:30:00@../../etc/passwd")', None),
    ('time(10, 30, 5.5, @"PT2H")', "10:30:05.5+02:00"),
    ('@"2026-11-23T10:00:00Z" = @"2026-11-23T11:00:00+01:00"', True),
    ('@"2026-11-23T10:00:00Z" = @"2026-11-23T10:00:00"', False),
    ('@"2026-11-23T10:00:00Z" < @"2026-11-23T10:00:00"', None),
    ('@"2026-11-23T10:00:00Z" - @"2026-11-23T09:00:00.5Z"', "PT59M59.5S"),
    ('@"2026-03-29T01:30:00@Europe/Berlin" + @"PT1H"', "2026-03-29T03:30:00@Europe/Berlin"),
    ('@"2026-10-25T02:30:00@Europe/Berlin" + @"PT1H"', "2026-10-25T02:30:00@Europe/Berlin"),
    ('date and time(date("2026-11-23"), time("10:00:00Z"))', "2026-11-23T10:00:00Z"),
    ('@"P1Y2M" + @"P11M"', "P2Y1M"),
    ('@"P1Y" + @"P1D"', None),
    ('@"P1D" * 1.5', "P1DT12H"),
    ('2 * @"P1M"', "P2M"),
    ('@"P1D" / @"PT12H"', 2),
    ('-@"PT1H"', "-PT1H"),
    ('abs(-@"PT1H")', "PT1H"),
    ('duration("P1DT25H61M").hours', 2),
    ('duration("P")', None),
    ('duration("P1DT")', None),
    ('duration("P1Y1D")', None),
    ('duration("P1D") * 1e5000', None),
    ('years and months duration(date("2025-11-23"), date("2026-11-22"))', "P11M"),
    ('years and months duration(date("2026-11-22"), date("2025-11-23"))', "-P11M"),
    ('day of year(date("2024-12-31"))', 366),
    ('day of week(date("2026-11-23"))', "Monday"),
    ('week of year(date("2027-01-01"))', 53),
    ('month of year(date("2026-11-23"))', "November"),
    ('is(@"10:00:00@Europe/Paris", @"10:00:00+01:00")', False),
    ('string(@"PT0S")', "PT0S"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_temporal_values_follow_the_standard(text: str, expected: object) -> None:
    assert value(text) == expected


def test_now_is_the_instant_of_the_caller_and_keeps_its_offset() -> None:
    paris = datetime(2026, 11, 23, 0, 30, 0, 1000, tzinfo=timezone(timedelta(hours=1)))

    assert feel.expression("now()").evaluate({}, paris) == "2026-11-23T00:30:00.001+01:00"
    assert feel.expression("today()").evaluate({}, paris) == "2026-11-23"
    assert feel.expression("now()").evaluate({}, NOW) == "2026-11-23T14:30:00Z"


@settings(deadline=None)
@given(st.dates())
def test_days_are_those_of_python_and_come_back(day: date) -> None:
    days = days_from_civil(day.year, day.month, day.day)

    assert days == day.toordinal() - date(1970, 1, 1).toordinal()
    assert civil_from_days(days) == (day.year, day.month, day.day)


@settings(deadline=None)
@given(st.integers(-3 * 10**11, 3 * 10**11))
def test_a_count_of_days_survives_the_calendar_in_any_year(days: int) -> None:
    assert days_from_civil(*civil_from_days(days)) == days


@settings(deadline=None)
@given(st.integers(-(10**24), 10**24))
def test_a_duration_reads_back_from_its_text(nanos: int) -> None:
    assert read_duration(str(Nanos(nanos))) == Nanos(nanos)


@settings(deadline=None)
@given(st.integers(-9999, 9999), st.integers(1, 12), st.integers(1, 28), st.integers(-5000, 5000))
def test_months_added_are_months_taken_away(y: int, m: int, d: int, months: int) -> None:
    day = make_date(y, m, d)
    assert day is not None

    later = add_months(day, months)
    assert later is not None

    assert add_months(later, -months) == day


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_temporal_values(text: str) -> None:
    read_temporal(text)
