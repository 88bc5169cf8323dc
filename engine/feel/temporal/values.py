"""Date, Time, DateTime and the two durations.

Equality follows FEEL's `=`: two times or date-times are equal when they are the same second,
and one with an offset never equals one without.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from engine.feel.temporal.civil import DAY, HOUR, MAX_YEAR, NANOS, civil_from_days, days_from_civil
from engine.feel.temporal.civil import month_days as days_of_month


@dataclass(frozen=True, slots=True)
class Months:
    """A years and months duration, in months."""

    count: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.count), 12)
        parts = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return f"{'-' if self.count < 0 else ''}P{parts}"


@dataclass(frozen=True, slots=True)
class Nanos:
    """A days and time duration, in nanoseconds."""

    count: int

    def __str__(self) -> str:
        days, rest = divmod(abs(self.count), DAY)
        hours, rest = divmod(rest, HOUR)
        minutes, rest = divmod(rest, 60 * NANOS)
        seconds, nanos = divmod(rest, NANOS)
        time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
        if seconds or nanos:
            time += f"{seconds}{fraction(nanos)}S"
        text = (f"{days}D" if days else "") + (f"T{time}" if time else "")
        return f"{'-' if self.count < 0 else ''}P{text or 'T0S'}"


Duration = Months | Nanos


@dataclass(frozen=True, slots=True)
class Date:
    """A day of the proleptic Gregorian calendar."""

    year: int
    month: int
    day: int

    @property
    def days(self) -> int:
        """Days since 1970-01-01."""
        return days_from_civil(self.year, self.month, self.day)

    def __str__(self) -> str:
        sign = "-" if self.year < 0 else ""
        return f"{sign}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True, eq=False)
class Time:
    """A time of day: nanoseconds since midnight, with an offset in seconds, a zone, or neither."""

    nanos: int
    offset: int | None = None
    zone: str | None = None

    def utc_offset(self) -> int | None:
        """Seconds east of UTC; a zone counts with its offset of 2000-01-01."""
        if self.zone is None:
            return self.offset
        return _zone_offset(self.zone, dt.datetime(2000, 1, 1))  # noqa: DTZ001 - zone's own

    @property
    def instant(self) -> int:
        """Nanoseconds since midnight UTC, or local ones without an offset."""
        return self.nanos - (self.utc_offset() or 0) * NANOS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Time) and _same_instant(self, other)

    def __hash__(self) -> int:
        return hash(self.instant // NANOS)

    def __str__(self) -> str:
        seconds, nanos = divmod(self.nanos, NANOS)
        hours, minutes = divmod(seconds // 60, 60)
        clock = f"{hours:02d}:{minutes:02d}:{seconds % 60:02d}{fraction(nanos)}"
        if self.zone is not None:
            return f"{clock}@{self.zone}"
        return clock if self.offset is None else clock + offset_text(self.offset)


@dataclass(frozen=True, slots=True, eq=False)
class DateTime:
    """A date and a time of day; `days` counts from 1970-01-01, the rest is as in Time."""

    days: int
    nanos: int
    offset: int | None = None
    zone: str | None = None

    def utc_offset(self) -> int | None:
        """Seconds east of UTC at this very date and time."""
        if self.zone is None:
            return self.offset
        moment = _plain(self.days, self.nanos)
        return 0 if moment is None else _zone_offset(self.zone, moment)

    @property
    def instant(self) -> int:
        """Nanoseconds since 1970-01-01 UTC, or local ones without an offset."""
        return self.days * DAY + self.nanos - (self.utc_offset() or 0) * NANOS

    @property
    def date(self) -> Date:
        """The date alone."""
        return Date(*civil_from_days(self.days))

    @property
    def time(self) -> Time:
        """The time alone, with its offset or zone."""
        return Time(self.nanos, self.offset, self.zone)

    def plus(self, nanos: int) -> DateTime | None:
        """Later by so many nanoseconds, in a zone by elapsed time; None beyond the years."""
        if self.zone is None:
            days, rest = divmod(self.days * DAY + self.nanos + nanos, DAY)
        else:
            instant = self.instant + nanos
            utc = _plain(*divmod(instant, DAY))
            offset = 0 if utc is None else _zone_offset_at(self.zone, utc)
            days, rest = divmod(instant + offset * NANOS, DAY)
        if abs(days) > MAX_YEAR * 366 or abs(civil_from_days(days)[0]) > MAX_YEAR:
            return None
        return DateTime(days, rest, self.offset, self.zone)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DateTime) and _same_instant(self, other)

    def __hash__(self) -> int:
        return hash(self.instant // NANOS)

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"


def make_date(year: int, month: int, day: int) -> Date | None:
    """A date, or None when the calendar has no such day."""
    if not (-MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12):  # noqa: PLR2004 - months
        return None
    return Date(year, month, day) if 1 <= day <= days_of_month(year, month) else None


def add_months(date: Date, months: int) -> Date | None:
    """The same day so many months later, or the last of that month where it is shorter."""
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    return make_date(year, month + 1, min(date.day, days_of_month(year, month + 1)))


def from_days(days: int) -> Date | None:
    """The date so many days after 1970-01-01; None beyond the years that FEEL knows."""
    return make_date(*civil_from_days(days))


def midnight(date: Date) -> DateTime:
    """A date as date and time: its midnight UTC (DMN 1.5, 10.3.2.9.4)."""
    return DateTime(date.days, 0, 0)


def from_python(moment: dt.datetime) -> DateTime:
    """A Python datetime; an aware one keeps its offset, not its zone's name."""
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    offset = moment.utcoffset()
    return DateTime(
        days_from_civil(moment.year, moment.month, moment.day),
        seconds * NANOS + moment.microsecond * 1000,
        None if offset is None else int(offset.total_seconds()),
    )


def has_zone(name: str) -> bool:
    """Whether the time zone data has a zone of this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder, such as "Europe"
        return False
    return True


def fraction(nanos: int) -> str:
    """Nanoseconds as the fraction of a second, without trailing zeros; empty for none."""
    return f".{nanos:09d}".rstrip("0") if nanos else ""


def offset_text(seconds: int) -> str:
    """An offset as ISO 8601 writes it."""
    if seconds == 0:
        return "Z"
    hours, rest = divmod(abs(seconds), 3600)
    tail = f":{rest % 60:02d}" if rest % 60 else ""
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{rest // 60:02d}{tail}"


def _same_instant(a: Time | DateTime, b: Time | DateTime) -> bool:
    """Whether two are the same second: FEEL's `=` leaves fractions out (TCK 0068, time_005)."""
    if (a.utc_offset() is None) != (b.utc_offset() is None):
        return False
    return a.instant // NANOS == b.instant // NANOS


def _plain(days: int, nanos: int) -> dt.datetime | None:
    """The same as a Python datetime without zone, where the year allows it."""
    year, month, day = civil_from_days(days)
    seconds = nanos // NANOS
    if not dt.MINYEAR < year < dt.MAXYEAR:
        return None
    return dt.datetime(  # noqa: DTZ001 - the zone is asked about it next
        year, month, day, seconds // 3600, seconds // 60 % 60, seconds % 60
    )


def _zone_offset(zone: str, local: dt.datetime) -> int:
    offset = local.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _zone_offset_at(zone: str, utc: dt.datetime) -> int:
    offset = utc.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
