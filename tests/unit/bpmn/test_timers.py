"""Cycles: months from an anchor, cron by the clocks on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.bpmn import cron, timers

BERLIN = ZoneInfo("Europe/Berlin")


def fires(text: str, now: str, times: int, zone: ZoneInfo | None = None) -> list[str]:
    """The first moments of a cycle, swept as soon as each is due; local times."""
    moment, found = datetime.fromisoformat(now), []
    alarm = timers.first("timeCycle", text, moment, zone or UTC)
    for _ in range(times):
        found.append(f"{alarm.due.astimezone(zone or UTC):%Y-%m-%d %H:%M}")
        alarm = timers.following(text, alarm, alarm.due, zone or UTC)
    return found


@pytest.mark.parametrize("text", ["R/2026-01-31T09:00:00Z/P1M", "R/P1M"])
def test_a_cycle_of_months_counts_from_where_it_began(text: str) -> None:
    began = "2025-12-31T09:00:00+00:00"
    assert fires(text, began, 4) == [
        "2026-01-31 09:00",
        "2026-02-28 09:00",
        "2026-03-31 09:00",
        "2026-04-30 09:00",
    ]


def test_a_cycle_of_years_comes_back_to_the_leap_day() -> None:
    found = fires("R/2024-02-29T00:00:00Z/P1Y", "2024-01-01T00:00:00+00:00", 5)
    assert found == [
        f"{day} 00:00"
        for day in ("2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29")
    ]


def test_a_cycle_of_months_fires_once_after_years_and_keeps_its_day() -> None:
    text, away = "R/2020-01-31T09:00:00Z/P1M", datetime(2026, 2, 10, tzinfo=UTC)
    alarm = timers.first("timeCycle", text, datetime(2020, 1, 1, tzinfo=UTC), UTC)

    alarm = timers.following(text, alarm, away, UTC)

    assert (alarm.due, alarm.times) == (datetime(2026, 2, 28, 9, tzinfo=UTC), -1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 9-17 * * MON-FRI", ["2026-03-06 17:00", "2026-03-09 09:00", "2026-03-09 10:00"]),
        ("0 */30 8 * * ?", ["2026-03-07 08:00", "2026-03-07 08:30", "2026-03-08 08:00"]),
        ("0 0 0 L * *", ["2026-03-31 00:00", "2026-04-30 00:00", "2026-05-31 00:00"]),
        ("0 0 6 * * FRI#1", ["2026-04-03 06:00", "2026-05-01 06:00", "2026-06-05 06:00"]),
        ("0 0 6 * * 5L", ["2026-03-27 06:00", "2026-04-24 06:00", "2026-05-29 06:00"]),
        ("0 0 12 1,15 * *", ["2026-03-15 12:00", "2026-04-01 12:00", "2026-04-15 12:00"]),
        ("0 0 0 29 feb *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("0 0 0 13 * FRI", ["2026-03-13 00:00", "2026-11-13 00:00"]),
        ("0 0 0 ? * SUN,7,FRI-SUN", ["2026-03-07 00:00", "2026-03-08 00:00", "2026-03-13 00:00"]),
        ("@weekly", ["2026-03-08 00:00", "2026-03-15 00:00"]),
    ],
)
def test_cron_names_moments_by_clock_and_calendar(text: str, expected: list[str]) -> None:
    assert fires(text, "2026-03-06T16:30:00+01:00", len(expected), BERLIN) == expected


def test_summer_time_skips_no_round_and_doubles_none() -> None:
    # On 29 March 2026 the clocks go from 02:00 to 03:00, on 25 October from 03:00 back to 02:00.
    at_night = "0 30 2 * * *"
    assert fires(at_night, "2026-03-28T12:00:00+01:00", 2, BERLIN) == [
        "2026-03-29 03:30",
        "2026-03-30 02:30",
    ]
    assert fires(at_night, "2026-10-24T12:00:00+02:00", 2, BERLIN) == [
        "2026-10-25 02:30",
        "2026-10-26 02:30",
    ]
    assert fires("0 30 * * * *", "2026-10-25T01:40:00+02:00", 3, BERLIN) == [
        "2026-10-25 02:30",
        "2026-10-25 02:30",
        "2026-10-25 03:30",
    ]


def test_cron_fires_once_after_a_downtime() -> None:
    text, now = "0 0 * * * *", datetime(2026, 3, 2, 9, tzinfo=UTC)
    alarm = timers.first("timeCycle", text, now, UTC)
    alarm = timers.following(text, alarm, now + timedelta(days=3, minutes=5), UTC)
    assert alarm.due == now + timedelta(days=3, hours=1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0 9 * * *", "has 5 fields, not 6. Write '0 0 9"),
        ("*/10 * * * * *", "comes round too fast. Begin it with '0'."),
        ("0 60 * * * *", "has '60' as minute. Write 0 to 59"),
        ("0 0 17-9 * * *", "has '17-9' as hour"),
        ("0 0 9 * * MONDAY", "has 'MONDAY' as day of the week"),
        ("0 0 9 15W * *", "has '15W' as day of the month"),
        ("0 0 9 * * MON#6", "has 'MON#6' as day"),
        ("0 0/0 9 * * *", "has '0/0' as minute"),
        ("0 0,, 9 * * *", "has '' as minute"),
        ("0 0 0 30 2 *", "names a day that no year has"),
        ("0 0 9 * * " + "1," * 200, "more than 200 characters"),
    ],
)
def test_cron_that_cannot_be_read_says_what_to_write(text: str, why: str) -> None:
    with pytest.raises(ValueError, match="cron expression") as refused:
        cron.parse(text)
    assert why in str(refused.value)
    assert ". " in str(refused.value)  # what is wrong, then what to do
