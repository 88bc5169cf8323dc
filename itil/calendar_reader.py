"""Reads the document of a business calendar: checks every field and says what to write instead.

An example with all fields is workflows/service_level/calendars/office-cn.json.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from engine.errors import Finding, Rejected

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SEGMENT = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)
_SEGMENTS = 'Write segments in order and within one day, as ["09:00-12:00", "13:30-24:00"].'

Hours = tuple[tuple[int, int], ...]  #: segments of one day, minutes after local midnight
Object = dict[str, object]
T = TypeVar("T")


class CalendarInvalid(Rejected):
    """A calendar document cannot be used."""

    code: ClassVar[str] = "calendar.invalid"

    def __init__(self, calendar: str, field: str, message: str, advice: str) -> None:
        super().__init__(
            f"Calendar '{calendar}', '{field}': {message} {advice} The calendar was not taken.",
            [Finding(self.code, "error", field, message, advice)],
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a calendar document says, checked."""

    key: str
    name: Mapping[str, str]  #: by language
    zone: ZoneInfo
    week: tuple[Hours, ...]  #: Monday first
    country: str  #: ISO 3166 code; empty for a calendar without public holidays
    make_up_hours: Hours
    special_days: Mapping[date, tuple[Hours, str]]  #: with the reason; no hours means closed


def schedule(document: object) -> Schedule:
    """What a calendar document (JSON, already parsed) says.

    Raises:
        CalendarInvalid: names the field and what to write instead.
    """
    return _Reader(document).schedule()


class _Reader:
    """Checks one document; every refusal names the field."""

    def __init__(self, document: object) -> None:
        self.key = "?"
        needed, others = {"key", "name", "zone", "week"}, {"holidays", "special_days"}
        self.document = self._fields(document, "document", needed, others)
        self.key = self._text(self.document["key"], "key")

    def schedule(self) -> Schedule:
        week = self._week()
        country, make_up_hours = self._holidays(week)
        names = self._fields(self.document["name"], "name", {"en"}, {"zh"})
        advice = "Write an IANA name, such as Asia/Shanghai."
        return Schedule(
            key=self.key,
            name={language: self._text(name, "name") for language, name in names.items()},
            zone=self._parsed(ZoneInfo, self.document["zone"], "zone", advice),
            week=week,
            country=country,
            make_up_hours=make_up_hours,
            special_days=self._special_days(),
        )

    def _week(self) -> tuple[Hours, ...]:
        week = self._fields(self.document["week"], "week", set(), set(WEEKDAYS))
        hours = tuple(self._hours(week.get(day, []), f"week.{day}") for day in WEEKDAYS)
        if not any(hours):
            self._refuse("week", "no weekday has hours.", "Give hours to one at least.")
        return hours

    def _hours(self, value: object, field: str) -> Hours:
        minutes: list[int] = []
        for text in value if isinstance(value, list) else [value]:
            found = _SEGMENT.fullmatch(str(text))
            if not found:
                self._refuse(field, f"{text!r} is no segment.", _SEGMENTS)
            minutes += [int(time[:2]) * 60 + int(time[3:]) for time in found.groups()]
        hours = tuple(zip(minutes[::2], minutes[1::2], strict=True))
        if minutes != sorted(minutes) or any(start == end for start, end in hours):
            self._refuse(field, "segments overlap, run backwards or are empty.", _SEGMENTS)
        return hours

    def _holidays(self, week: tuple[Hours, ...]) -> tuple[str, Hours]:
        if "holidays" not in self.document:
            return "", ()
        needed = {"country", "make_up_hours"}
        public = self._fields(self.document["holidays"], "holidays", needed, set())
        advice = "Write an ISO 3166 code, such as CN."
        self._parsed(holidays.country_holidays, public["country"], "holidays.country", advice)
        weekday = public["make_up_hours"]
        worked = [day for day, hours in zip(WEEKDAYS, week, strict=True) if hours]
        if weekday not in worked:
            advice = f"Write one of {', '.join(worked)}."
            self._refuse("holidays.make_up_hours", f"'{weekday}' has no hours.", advice)
        return str(public["country"]), week[WEEKDAYS.index(str(weekday))]

    def _special_days(self) -> dict[date, tuple[Hours, str]]:
        days = {}
        listed = self._object(self.document.get("special_days", {}), "special_days")
        for text, entry in listed.items():
            at = f"special_days.{text}"
            day = self._parsed(date.fromisoformat, text, at, "Write a date as YYYY-MM-DD.")
            values = self._fields(entry, at, {"hours", "reason"}, set())
            days[day] = self._hours(values["hours"], at), self._text(values["reason"], at)
        return days

    def _parsed(self, parse: Callable[[str], T], value: object, field: str, advice: str) -> T:
        text = self._text(value, field)
        try:
            return parse(text)
        except (ValueError, OSError, NotImplementedError, ZoneInfoNotFoundError):
            self._refuse(field, f"'{text}' is not known.", advice)

    def _text(self, value: object, field: str) -> str:
        if not isinstance(value, str) or not value.strip():
            self._refuse(field, f"{value!r} is no text.", "Write a text that is not empty.")
        return value

    def _object(self, value: object, field: str) -> Object:
        if not isinstance(value, dict):
            self._refuse(field, f"{value!r} is no object.", "Write an object in { }.")
        return value

    def _fields(self, value: object, at: str, needed: set[str], others: set[str]) -> Object:
        values = self._object(value, at)
        known = ", ".join(sorted(needed | others))
        for name in sorted(needed - values.keys()):
            self._refuse(at, f"'{name}' is missing.", f"Write {known}.")
        for name in sorted(values.keys() - needed - others):
            self._refuse(at, f"'{name}' is not known here.", f"Write {known}.")
        return values

    def _refuse(self, field: str, message: str, advice: str) -> NoReturn:
        raise CalendarInvalid(self.key, field, message, advice)
