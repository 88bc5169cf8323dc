"""Business calendars: which time counts, and exact arithmetic in it.

Inside, time is whole microseconds since 1970, and the working time before each opening is summed
year by year as questions reach further, so adding and measuring are binary searches. Grown sums
replace the old ones, which never change, and so do the days that explanations list: one calendar
serves all threads.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from threading import Lock
from types import MappingProxyType
from typing import ClassVar

import holidays

from engine.errors import Rejected
from itil import calendar_reader
from itil.calendar_reader import Hours, Schedule

FIRST_YEAR, LAST_YEAR = 1969, 2200  #: what lies outside is a wrong date, and is refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = timedelta(0)
_TICK = timedelta(microseconds=1)

#: Countries whose government announces make-up workdays year by year, with the first year known.
_ANNOUNCED_SINCE = MappingProxyType({"CN": 2001})

Span = tuple[int, int]  #: from, to; microseconds since 1970


class CalendarHorizon(Rejected):
    """A question to a calendar reaches further than any real deadline."""

    code: ClassVar[str] = "calendar.horizon"


class DayKind(StrEnum):
    """Why a day has the hours it has."""

    WORKDAY = "workday"
    MAKE_UP = "make_up"  #: a weekend day worked for a moved holiday
    SPECIAL = "special"  #: an extra open day of this calendar
    HOLIDAY = "holiday"
    CLOSED = "closed"  #: an extra closed day of this calendar
    WEEKEND = "weekend"  #: a weekday without hours


@dataclass(frozen=True, slots=True)
class Day:
    """One local day of an explained interval; `spans` lie within the interval, in UTC."""

    date: date
    kind: DayKind
    name: str  #: name of the holiday, or the reason given in the calendar; may be empty
    spans: tuple[tuple[datetime, datetime], ...]

    @property
    def counted(self) -> timedelta:
        """Working time of this day within the interval."""
        return sum((end - start for start, end in self.spans), _NOTHING)


@dataclass(frozen=True, slots=True)
class _Listed:
    """One local day with all its spans, in order."""

    date: date
    kind: DayKind
    name: str
    spans: tuple[Span, ...]

    def within(self, begin: int, until: int) -> Day:
        """The day as far as it lies within an interval."""
        cut = [(max(a, begin), min(b, until)) for a, b in self.spans]
        spans = tuple((_moment(a), _moment(b)) for a, b in cut if a < b)
        return Day(self.date, self.kind, self.name, spans)


@dataclass(frozen=True, slots=True)
class _Timeline:
    """All spans of some whole years, with the working time before each."""

    first: int
    last: int
    opens: int  #: the first moment of the first year
    closes: int  #: the first moment after the last year
    starts: list[int]
    ends: list[int]
    totals: list[int]  #: one more than spans: the last is the whole

    def position(self, instant: int) -> int:
        """Working microseconds from the beginning of this timeline up to an instant."""
        index = bisect_right(self.starts, instant) - 1
        if index < 0:
            return 0
        return self.totals[index] + min(instant, self.ends[index]) - self.starts[index]

    def instant(self, position: int) -> int:
        """The earliest instant with so much working time before it."""
        index = max(bisect_left(self.totals, position) - 1, 0)
        return self.starts[index] + position - self.totals[index]


class Calendar:
    """Working time by a schedule. Moments given must be aware; moments returned are UTC."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self._timeline: _Timeline | None = None
        self._years: dict[int, list[Span]] = {}
        self._listed: dict[tuple[int, str], tuple[_Listed, ...]] = {}
        self._missing: dict[int, bool] = {}
        self._lock = Lock()

    @property
    def key(self) -> str:
        """The name by which targets refer to this calendar."""
        return self.schedule.key

    def add(self, start: datetime, work: timedelta) -> datetime:
        """The earliest moment at which `work` of working time has passed since `start`.

        No work gives `start` itself, in or out of hours.

        Raises:
            ValueError: `work` is negative.
            CalendarHorizon: the result lies after `LAST_YEAR`.
        """
        if work < _NOTHING:
            raise ValueError(f"{work} is negative. Calendars add durations of 0 or more.")
        begin, amount = _instant(start), work // _TICK
        if not amount:
            return _moment(begin)
        line = self._covering(begin, begin)
        # Another thread may prepend a year and so shift positions: each turn measures anew.
        while (goal := line.position(begin) + amount) > line.totals[-1]:
            line = self._grow(line.first, line.last + 1)
        return _moment(line.instant(goal))

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two moments, exact; zero when `end` lies before `start`."""
        begin, until = _instant(start), _instant(end)
        if until <= begin:
            return _NOTHING
        line = self._covering(begin, until)
        return timedelta(microseconds=line.position(until) - line.position(begin))

    def explain(self, start: datetime, end: datetime, language: str = "") -> tuple[Day, ...]:
        """Every local day between two moments: what counted of it, or why nothing did.

        The `counted` of all days add up to `elapsed(start, end)`. Holiday names are in `language`
        (such as `en` or `zh`) where the country has them, else in the country's own.
        """
        begin, until = _instant(start), _instant(end)
        if until <= begin:
            return ()
        self._covering(begin, until)  # refuses the same dates as `elapsed`
        zone = self.schedule.zone
        first, last = (_moment(at).astimezone(zone).date() for at in (begin, until - 1))
        years = range(first.year, last.year + 1)
        listed = [day for year in years for day in self._list(year, language)]
        skipped = first.timetuple().tm_yday - 1
        wanted = listed[skipped : skipped + (last - first).days + 1]
        return tuple(day.within(begin, until) for day in wanted)

    def notice_missing(self, year: int) -> bool:
        """Whether the official holidays of a year are not known yet, so that its times may change.

        China announces moved holidays and make-up workdays each autumn for the next year; before,
        only the statutory base days are known.
        """
        if not self.schedule.country:
            return False
        if year not in self._missing:
            found = self._public_holidays(year)
            announced = year >= _ANNOUNCED_SINCE.get(found.country, LAST_YEAR + 1)
            unknown = announced and not _make_up_days(found, year)
            self._missing[year] = unknown or year > found.end_year
        return self._missing[year]

    def notice_sentence(self, year: int) -> str:
        """What to tell an admin when `notice_missing(year)`."""
        return (
            f"Calendar '{self.key}' lacks the official holidays of {self.schedule.country} for "
            f"{year}: due times in {year} may move. Update the package 'holidays' when the notice "
            "is out, or list the days under 'special_days'."
        )

    def _covering(self, begin: int, until: int) -> _Timeline:
        first, last = _moment(begin).year, _moment(until).year
        line = self._timeline or self._grow(first, last)
        if begin < line.opens or line.closes < until:
            # Around New Year the local year is another than that of UTC, hence one more each way.
            line = self._grow(first - 1, last + 1)
        return line

    def _grow(self, first: int, last: int) -> _Timeline:
        if first < FIRST_YEAR or last > LAST_YEAR:
            raise CalendarHorizon(
                f"Calendar '{self.key}' cannot count from {first} to {last}: it knows "
                f"{FIRST_YEAR} to {LAST_YEAR}. Correct the date or the duration.",
            )
        with self._lock:
            if self._timeline is not None:
                first, last = min(first, self._timeline.first), max(last, self._timeline.last)
            for year in range(first, last + 1):
                if year not in self._years:
                    days = self._days(year)
                    self._years[year] = [span for day in days for span in self._spans(*day)]
            spans = [span for year in range(first, last + 1) for span in self._years[year]]
            edges = (first, 1, 1), (last + 1, 1, 1)
            opens, closes = (_instant(datetime(*day, tzinfo=self.schedule.zone)) for day in edges)
            starts, ends = [start for start, _ in spans], [end for _, end in spans]
            totals = list(accumulate((end - start for start, end in spans), initial=0))
            self._timeline = _Timeline(first, last, opens, closes, starts, ends, totals)
            return self._timeline

    def _list(self, year: int, language: str) -> tuple[_Listed, ...]:
        # Two threads may work out the same year; both find the same, and the later one is kept.
        found = self._listed.get((year, language))
        if found is None:
            found = tuple(
                _Listed(day, kind, name, tuple(self._spans(day, hours)))
                for day, hours, kind, name in self._days(year, language)
            )
            self._listed[year, language] = found
        return found

    def _days(self, year: int, language: str = "") -> Iterator[tuple[date, Hours, DayKind, str]]:
        plan = self.schedule
        found = self._public_holidays(year, language) if plan.country else None
        names = dict(found or {})
        make_up = frozenset() if found is None else _make_up_days(found, year)
        day = date(year, 1, 1)
        while day.year == year:
            if day in plan.special_days:
                hours, reason = plan.special_days[day]
                yield day, hours, DayKind.SPECIAL if hours else DayKind.CLOSED, reason
            elif day in make_up:
                yield day, plan.make_up_hours, DayKind.MAKE_UP, ""
            elif day in names:
                yield day, (), DayKind.HOLIDAY, names[day]
            else:
                hours = plan.week[day.weekday()]
                yield day, hours, DayKind.WORKDAY if hours else DayKind.WEEKEND, ""
            day += timedelta(days=1)

    def _spans(self, day: date, hours: Hours, *_: object) -> list[Span]:
        # A local time that a DST change skips counts with the offset before the change, one that it
        # repeats means the first (RFC 5545, 3.3.5); cutting keeps such spans in order and positive.
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.schedule.zone)
        spans: list[Span] = []
        for opening, closing in hours:
            start = _instant(midnight + timedelta(minutes=opening))
            end = _instant(midnight + timedelta(minutes=closing))
            if spans:
                start = max(start, spans[-1][1])
            if start < end:
                spans.append((start, end))
        return spans

    def _public_holidays(self, year: int, language: str = "") -> holidays.HolidayBase:
        # Without `years` the library knows no make-up days of the year; without `language` the
        # names come in the language of the machine's locale.
        country = self.schedule.country
        kind = holidays.country_holidays(country)
        fitting = [known for known in kind.supported_languages if known.startswith(language)]
        chosen = fitting[0] if language and fitting else kind.default_language
        return holidays.country_holidays(country, years=year, language=chosen)


def read(document: object) -> Calendar:
    """A calendar from its JSON document (already parsed); see workflows/service_level/calendars.

    Raises:
        CalendarInvalid: names the field and what to write instead.
    """
    return Calendar(calendar_reader.schedule(document))


def _make_up_days(found: holidays.HolidayBase, year: int) -> frozenset[date]:
    # The library lists some December days of 2001 to 2011 whatever year was asked for.
    return frozenset(day for day in found.weekend_workdays if day.year == year)


def _instant(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone. Give calendars aware moments.")
    return (moment - _EPOCH) // _TICK


def _moment(instant: int) -> datetime:
    return _EPOCH + timedelta(microseconds=instant)
