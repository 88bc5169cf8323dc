"""Business calendars: tables of real days, days that clocks change, and refused documents."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from itil import calendars
from itil.calendar_reader import WEEKDAYS, CalendarInvalid
from itil.calendars import Calendar, CalendarHorizon, DayKind

SHIPPED = Path(__file__).parents[3] / "workflows" / "service_level" / "calendars"
MAKE_UP_2026 = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]
EVERY_DAY = {day: ["00:00-24:00"] for day in WEEKDAYS}


def shipped(key: str) -> Calendar:
    return calendars.read(json.loads((SHIPPED / f"{key}.json").read_text(encoding="utf-8")))


def document(**changes: Any) -> dict[str, Any]:
    week = {day: ["09:00-17:00"] for day in WEEKDAYS[:5]}
    return {"key": "test", "name": {"en": "Test"}, "zone": "UTC", "week": week, **changes}


def calendar(**changes: Any) -> Calendar:
    return calendars.read(document(**changes))


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.mark.parametrize(
    ("start", "work", "end"),
    [
        # Friday, an hour left; Saturday is a make-up workday
        ("2026-02-13 17:00", 8, "2026-02-14 17:30"),
        # the make-up Saturday, then Spring Festival until the 23rd
        ("2026-02-14 16:00", 4, "2026-02-24 11:00"),
        # over lunch, into lunch, from within lunch
        ("2026-03-02 11:00", 2, "2026-03-02 14:30"),
        ("2026-03-02 11:00", 1, "2026-03-02 12:00"),
        ("2026-03-02 12:40", 1, "2026-03-02 14:30"),
        # the last half hour before National Day, 8 days off
        ("2026-09-30 17:30", 1, "2026-10-08 09:30"),
        # at night, at a weekend
        ("2026-03-03 03:00", 1, "2026-03-03 10:00"),
        ("2026-03-07 10:00", 7.5, "2026-03-09 18:00"),
        # over New Year: the 1st and 2nd are off, Sunday the 4th is worked
        ("2025-12-31 17:00", 2, "2026-01-04 10:00"),
        ("2026-03-07 10:00", 0, "2026-03-07 10:00"),
    ],
)
def test_office_hours_in_china_are_added(start: str, work: float, end: str) -> None:
    assert shipped("office-cn").add(china(start), hours(work)) == china(end)


@pytest.mark.parametrize("day", MAKE_UP_2026)
def test_slm_07_a_make_up_workday_counts_like_a_monday(day: str) -> None:
    start = china(f"2026-{day} 00:00")
    assert start.weekday() >= 5
    assert shipped("office-cn").elapsed(start, start + timedelta(days=1)) == hours(7.5)


def test_2026_has_248_working_days_in_china() -> None:
    # 261 weekdays, 19 of them off (22 days, of which 3 fall on weekends), 6 make-up days
    whole = shipped("office-cn").elapsed(china("2026-01-01"), china("2027-01-01"))
    assert whole == 248 * hours(7.5)


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 10, 26), 24),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # the hour after midnight is skipped
        ("Africa/Cairo", date(2026, 10, 29), 25),  # the hour before midnight is repeated
    ],
)
def test_slm_08_a_day_on_which_clocks_change_has_its_real_length(
    zone: str, day: date, expected: int
) -> None:
    here = calendar(zone=zone, week=EVERY_DAY)
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    assert here.elapsed(start, start + timedelta(days=1)) == hours(expected)
    assert here.add(start, hours(expected)) == start + timedelta(days=1)


@pytest.mark.parametrize(
    ("segments", "day", "expected"),
    [
        (["01:00-04:00"], "2026-03-08", 2),  # 02:00 to 03:00 does not exist
        (["02:30-03:00"], "2026-03-08", 0),  # half past two is half past three
        (["00:00-02:30", "03:00-05:00"], "2026-03-08", 4),  # no hour counts twice
        (["00:00-03:00"], "2026-11-01", 4),  # 01:00 to 02:00 comes twice
        (["00:00-01:30", "01:30-03:00"], "2026-11-01", 4),
    ],
)
def test_hours_that_clocks_skip_or_repeat_count_as_they_pass(
    segments: list[str], day: str, expected: float
) -> None:
    zone = ZoneInfo("America/New_York")
    here = calendar(zone="America/New_York", week={"sun": segments})
    start = datetime.fromisoformat(day).replace(tzinfo=zone)
    assert here.elapsed(start, start + timedelta(days=1)) == hours(expected)


def test_business_hours_keep_their_local_time_when_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    here = calendar(zone="Europe/Berlin")
    friday = datetime(2026, 3, 27, 16, tzinfo=zone)
    assert here.add(friday, hours(2)) == datetime(2026, 3, 30, 10, tzinfo=zone)


def test_time_is_exact_to_the_microsecond() -> None:
    work = timedelta(days=3, microseconds=1)
    start = datetime(2026, 3, 7, 10, 0, 0, 123457, tzinfo=UTC)
    end = shipped("weekdays").add(start, work)
    assert end == datetime(2026, 3, 12, 0, 0, 0, 1, tzinfo=UTC)
    assert shipped("weekdays").elapsed(start, end) == work


def test_a_clock_that_was_moved_back_gives_no_negative_time() -> None:
    assert shipped("always").elapsed(china("2026-01-02"), china("2026-01-01")) == hours(0)


def test_results_are_in_utc() -> None:
    assert shipped("office-cn").add(china("2026-03-03 10:00"), hours(1)).tzinfo is UTC


def test_a_moment_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        shipped("always").add(datetime(2026, 1, 1), hours(1))  # noqa: DTZ001


def test_negative_work_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        shipped("always").add(china("2026-01-01"), hours(-1))


def test_the_horizon_grows_both_ways() -> None:
    here = shipped("weekdays")
    thousand_weeks = timedelta(days=5000)
    start = datetime(2026, 1, 5, tzinfo=UTC)
    assert here.add(start, thousand_weeks) == start + timedelta(days=7000 - 2)
    assert here.elapsed(start - timedelta(days=7000), start) == thousand_weeks
    assert here.elapsed(start, start + timedelta(days=7000)) == thousand_weeks


@pytest.mark.parametrize(
    ("start", "work"),
    [
        (datetime(1899, 12, 31, tzinfo=UTC), hours(1)),
        (datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=200 * 366)),
        (datetime.max.replace(tzinfo=UTC), hours(1)),
    ],
)
def test_a_date_that_must_be_wrong_is_refused_and_does_no_harm(
    start: datetime, work: timedelta
) -> None:
    here = shipped("always")
    with pytest.raises(CalendarHorizon, match="Correct the date"):
        here.add(start, work)
    assert here.add(china("2026-01-01"), hours(1)) == china("2026-01-01 01:00")


def test_explaining_a_date_that_must_be_wrong_is_refused() -> None:
    with pytest.raises(CalendarHorizon):
        shipped("always").explain(china("2026-01-01"), datetime.max.replace(tzinfo=UTC))


def test_two_years_are_built_in_less_than_20_ms() -> None:
    here = shipped("office-cn")
    begin = process_time()
    here.elapsed(china("2026-01-05"), china("2027-06-01"))
    assert process_time() - begin < 0.020 * 3  # three times, for a busy machine


def test_threads_that_grow_a_calendar_together_agree() -> None:
    here, alone = shipped("office-cn"), shipped("office-cn")
    starts = [china(f"{year}-03-03 10:00") for year in (2026, 2024, 2030, 2020, 2028, 2022)] * 5
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda start: here.add(start, hours(4000)), starts))
    assert found == [alone.add(start, hours(4000)) for start in starts]


def test_threads_that_ask_one_calendar_for_explanations_each_get_theirs() -> None:
    here = shipped("office-cn")
    asked = [(year, language) for year in (2024, 2025, 2026) for language in ("en", "zh", "")] * 4

    def told(where: Calendar, year: int, language: str) -> object:
        begin, end = china(f"{year}-09-20 10:30"), china(f"{year + 1}-02-03 11:15")
        return where.explain(begin, end, language), where.notice_missing(year)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda question: told(here, *question), asked))

    assert found == [told(shipped("office-cn"), *question) for question in asked]
    assert found[0] != found[1]


def test_an_explanation_names_every_day_with_its_reason() -> None:
    days = shipped("office-cn").explain(
        china("2026-02-13 17:00"), china("2026-02-24 10:00"), language="en"
    )
    assert [(day.date.day, day.kind, day.counted) for day in days] == [
        (13, DayKind.WORKDAY, hours(1)),
        (14, DayKind.MAKE_UP, hours(7.5)),
        (15, DayKind.WEEKEND, hours(0)),
        *[(day, DayKind.HOLIDAY, hours(0)) for day in range(16, 21)],
        (21, DayKind.WEEKEND, hours(0)),
        (22, DayKind.WEEKEND, hours(0)),
        (23, DayKind.HOLIDAY, hours(0)),
        (24, DayKind.WORKDAY, hours(1)),
    ]
    assert days[4].name == "Chinese New Year (Spring Festival)"
    assert [(a.hour, b.hour) for a, b in days[1].spans] == [(1, 4), (5, 10)]  # UTC


@pytest.mark.parametrize(("language", "name"), [("zh", "春节"), ("", "春节"), ("fr", "春节")])
def test_holidays_have_names_in_the_readers_language_or_the_countrys(
    language: str, name: str
) -> None:
    (day,) = shipped("office-cn").explain(china("2026-02-17"), china("2026-02-18"), language)
    assert day.name == name


def test_an_empty_interval_needs_no_explanation() -> None:
    assert shipped("always").explain(china("2026-02-17"), china("2026-02-17")) == ()


def test_special_days_win_over_weekday_and_holiday() -> None:
    here = calendar(
        zone="Asia/Shanghai",
        holidays={"country": "CN", "make_up_hours": "fri"},
        special_days={
            "2026-02-17": {"hours": ["10:00-11:00", "12:00-13:00"], "reason": "Data centre move"},
            "2026-03-03": {"hours": [], "reason": "Stocktaking"},
            "2026-02-14": {"hours": [], "reason": "Works council"},
        },
    )
    opened, closed, make_up = (
        here.explain(china(f"2026-{day}"), china(f"2026-{day}") + timedelta(days=1))[0]
        for day in ("02-17", "03-03", "02-14")
    )
    assert (opened.kind, opened.name, opened.counted) == (
        DayKind.SPECIAL,
        "Data centre move",
        hours(2),
    )
    assert (closed.kind, closed.name, closed.counted) == (DayKind.CLOSED, "Stocktaking", hours(0))
    assert make_up.kind is DayKind.CLOSED


def test_make_up_days_take_the_hours_of_the_named_weekday() -> None:
    here = calendar(
        zone="Asia/Shanghai",
        week={"mon": ["09:00-17:00"], "fri": ["09:00-12:00"]},
        holidays={"country": "CN", "make_up_hours": "fri"},
    )
    assert here.elapsed(china("2026-02-14"), china("2026-02-15")) == hours(3)


@pytest.mark.parametrize(
    ("year", "missing"), [(1995, False), (2005, False), (2026, False), (2027, True), (2150, True)]
)
def test_a_year_whose_official_notice_is_not_out_is_missing(year: int, *, missing: bool) -> None:
    assert shipped("office-cn").notice_missing(year) is missing


def test_the_missing_notice_is_said_with_the_remedy() -> None:
    sentence = shipped("office-cn").notice_sentence(2027)
    assert "'office-cn'" in sentence
    assert "2027" in sentence
    assert "special_days" in sentence


def test_a_calendar_without_announced_days_misses_no_notice() -> None:
    germany = calendar(holidays={"country": "DE", "make_up_hours": "mon"})
    assert not germany.notice_missing(2027)
    assert not shipped("always").notice_missing(2027)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_a_shipped_calendar_has_its_file_name_as_key_and_both_languages(path: Path) -> None:
    here = shipped(path.stem)
    assert here.key == path.stem
    assert here.schedule.name.keys() == {"en", "zh"}


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"zone": "Mars/Base"}, "zone", "'Mars/Base' is not known"),
        ({"zone": "../etc/passwd"}, "zone", "not known"),
        ({"zone": 8}, "zone", "8 is no text"),
        ({"week": {}}, "week", "no weekday has hours"),
        ({"week": []}, "week", "no object"),
        ({"week": {"monday": []}}, "week", "'monday' is not known here"),
        ({"week": {"mon": ["9-17"]}}, "week.mon", "'9-17' is no segment"),
        ({"week": {"mon": ["09:00-24:30"]}}, "week.mon", "no segment"),
        ({"week": {"mon": ["24:00-24:00"]}}, "week.mon", "no segment"),
        ({"week": {"mon": "09:00 to 17:00"}}, "week.mon", "no segment"),
        ({"week": {"mon": ["22:00-06:00"]}}, "week.mon", "run backwards"),
        ({"week": {"mon": ["09:00-12:00", "11:00-13:00"]}}, "week.mon", "overlap"),
        ({"week": {"mon": ["09:00-09:00"]}}, "week.mon", "empty"),
        ({"holidays": {"country": "XX", "make_up_hours": "mon"}}, "holidays.country", "'XX'"),
        ({"holidays": {"country": "CN"}}, "holidays", "'make_up_hours' is missing"),
        (
            {"holidays": {"country": "CN", "make_up_hours": "sat"}},
            "holidays.make_up_hours",
            "'sat' has no hours",
        ),
        (
            {"special_days": {"31.12.2026": {"hours": [], "reason": "x"}}},
            "special_days.31.12.2026",
            "YYYY-MM-DD",
        ),
        (
            {"special_days": {"2026-12-31": {"hours": [], "reason": " "}}},
            "special_days.2026-12-31",
            "no text",
        ),
        ({"name": {"zh": "测试"}}, "name", "'en' is missing"),
        ({"colour": "red"}, "document", "'colour' is not known here"),
    ],
)
def test_a_wrong_document_is_refused_with_the_field_and_the_remedy(
    changes: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(CalendarInvalid) as refused:
        calendar(**changes)
    assert refused.value.code == "calendar.invalid"
    assert [finding.element for finding in refused.value.findings] == [field]
    assert says in str(refused.value)


def test_something_else_than_a_document_is_refused() -> None:
    with pytest.raises(CalendarInvalid, match="no object"):
        calendars.read(["always"])
