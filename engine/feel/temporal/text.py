"""Reading temporal values from text: ISO 8601 with FEEL's zone suffix `@Europe/Paris`.

Every function answers None for a text that is not one.
"""

from __future__ import annotations

import re
from typing import Final

from engine.feel.temporal.civil import DAY, HOUR, NANOS
from engine.feel.temporal.values import (
    Date,
    DateTime,
    Duration,
    Months,
    Nanos,
    Time,
    has_zone,
    make_date,
)

_DATE: Final = r"(?P<sign>-?)(?P<year>\d{4}|[1-9]\d{4,8})-(?P<month>\d\d)-(?P<day>\d\d)"
_TIME: Final = (
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?:(?P<utc>[Zz])|(?P<east>[+-])(?P<oh>\d\d):(?P<om>\d\d)(?::(?P<os>\d\d))?"
    r"|@(?P<zone>[A-Za-z][\w+\-/]*))?"
)
_DATE_ONLY: Final = re.compile(_DATE, re.ASCII)
_TIME_ONLY: Final = re.compile(_TIME, re.ASCII)
_DATE_TIME: Final = re.compile(f"{_DATE}T{_TIME}", re.ASCII)
_DURATION: Final = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)D)?"
    r"(?P<time>T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?"
    r"(?:(?P<seconds>\d+)(?:\.(?P<fraction>\d*))?S)?)?",
    re.ASCII,
)
_LONGEST: Final = 100
_LAST_OFFSET: Final = 18 * 3600


def read_date(text: str) -> Date | None:
    """A date such as 2026-11-23."""
    found = _DATE_ONLY.fullmatch(text)
    return _date(found) if found else None


def read_time(text: str) -> Time | None:
    """A time such as 14:37:27, with fraction, offset or zone."""
    found = _TIME_ONLY.fullmatch(text)
    if found is None:
        return None
    time = _time(found)
    return None if time is None or time.nanos >= DAY else time


def read_date_time(text: str) -> DateTime | None:
    """A date and time, or the midnight of a date alone; 24:00:00 is the next day's."""
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        alone = read_date(text)
        return None if alone is None else DateTime(alone.days, 0)
    date, time = _date(found), _time(found)
    if date is None or time is None:
        return None
    return DateTime(date.days + time.nanos // DAY, time.nanos % DAY, time.offset, time.zone)


def read_duration(text: str) -> Duration | None:
    """A duration such as P1Y2M or P3DT4H; the two kinds cannot be mixed."""
    found = _DURATION.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    years_months = found["years"] or found["months"]
    clock = found["hours"] or found["minutes"] or found["seconds"]
    if found["time"] and not clock:
        return None
    if bool(years_months) == bool(found["days"] or clock):
        return None
    sign = -1 if found["sign"] else 1
    if years_months:
        return Months(sign * (int(found["years"] or 0) * 12 + int(found["months"] or 0)))
    whole = int(found["days"] or 0) * DAY + int(found["hours"] or 0) * HOUR
    whole += (int(found["minutes"] or 0) * 60 + int(found["seconds"] or 0)) * NANOS
    return Nanos(sign * (whole + _nanos(found["fraction"])))


def read_temporal(text: str) -> Date | Time | DateTime | Duration | None:
    """The value of an `@"..."` literal, whichever kind the text is."""
    return (
        read_duration(text)
        or read_date(text)
        or read_time(text)
        or (read_date_time(text) if "T" in text else None)
    )


def _date(found: re.Match[str]) -> Date | None:
    sign = -1 if found["sign"] else 1
    return make_date(sign * int(found["year"]), int(found["month"]), int(found["day"]))


def _time(found: re.Match[str]) -> Time | None:
    """A time; 24:00:00 passes here as a whole day, for date and time only."""
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"])
    nanos = hour * HOUR + (minute * 60 + second) * NANOS + _nanos(found["fraction"])
    if minute > 59 or second > 59 or nanos > DAY:  # noqa: PLR2004 - clock
        return None
    if found["zone"]:
        return Time(nanos, None, found["zone"]) if has_zone(found["zone"]) else None
    if found["utc"]:
        return Time(nanos, 0)
    if not found["east"]:
        return Time(nanos)
    offset = int(found["oh"]) * 3600 + int(found["om"]) * 60 + int(found["os"] or 0)
    if int(found["om"]) > 59 or int(found["os"] or 0) > 59 or offset > _LAST_OFFSET:  # noqa: PLR2004
        return None
    return Time(nanos, -offset if found["east"] == "-" else offset)


def _nanos(digits: str | None) -> int:
    return int((digits + "0" * 9)[:9]) if digits else 0
