"""Functions of dates; `now` and `today` answer the instant of the run, never the machine's."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from engine.feel.budget import Run
from engine.feel.builtins.registry import Subject
from engine.feel.properties import weekday
from engine.feel.temporal.civil import civil_from_days, days_from_civil
from engine.feel.temporal.values import Date, DateTime, from_python

dates: Final = Subject()
_WEEKDAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS: Final = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@dates.running("now", "")
def _now(run: Run) -> DateTime:
    return from_python(run.now)


@dates.running("today", "")
def _today(run: Run) -> Date:
    return from_python(run.now).date


@dates.function("day of year", "date: date")
def _day_of_year(date: Date) -> Decimal:
    return Decimal(date.days - days_from_civil(date.year, 1, 1) + 1)


@dates.function("day of week", "date: date")
def _day_of_week(date: Date) -> str:
    return _WEEKDAYS[weekday(date) - 1]


@dates.function("month of year", "date: date")
def _month_of_year(date: Date) -> str:
    return _MONTHS[date.month - 1]


@dates.function("week of year", "date: date")
def _week_of_year(date: Date) -> Decimal:
    """The ISO 8601 week: that of its Thursday."""
    thursday = date.days + 4 - weekday(date)
    year = civil_from_days(thursday)[0]
    return Decimal((thursday - days_from_civil(year, 1, 1)) // 7 + 1)


FUNCTIONS: Final = dates.functions()
