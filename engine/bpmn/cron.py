"""Cron expressions of timer cycles: `0 0 9-17 * * MON-FRI`.

Six fields as in Camunda 8: second, minute, hour, day of the month, month, day of the week; lists,
ranges, steps, names, `L` for the last day, `FRI#2` for the second Friday and `FRIL` for the last.
A day must fit both day fields. Times are those of clocks on the wall: what summer time skips comes
an hour later, what it repeats comes once, unless the expression holds in every hour.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NoReturn

from engine.bpmn.time_texts import TimerInvalid
from engine.findings import Said

CRON = Said("cron expression", "cron 表达式")
_DAYS = {name: n for n, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])}
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
_NAMES: Mapping[str, Mapping[str, int]] = {
    "month": {name: n for n, name in enumerate(_MONTHS.split(), 1)},
    "day of the week": _DAYS,
}
_FIELDS = (
    (Said("second", "秒"), 0, 59),
    (Said("minute", "分"), 0, 59),
    (Said("hour", "时"), 0, 23),
    (Said("day of the month", "日"), 1, 31),
    (Said("month", "月"), 1, 12),
    (Said("day of the week", "星期"), 0, 7),
)
MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_ORDINAL = re.compile(r"(\w+?)(?:#([1-5])|L)")
_NO_DAY = Said(
    "{kind} '{text}' names a day that no year has",
    "{kind} '{text}' 指定了任何年份都没有的日期",
)
_LONG = Said("{kind} has more than {most} characters", "{kind} 超过 {most} 个字符")
_COUNT = Said(
    "{kind} '{text}' has {count} fields, not 6", "{kind} '{text}' 有 {count} 个字段,而不是 6 个"
)
_FAST = Said("{kind} '{text}' comes round too fast", "{kind} '{text}' 重复得太快")
_FIELD = Said("{kind} has '{text}' as {field}", "{kind} 的{field}写成了 '{text}'")
_SIX = Said(
    "Write '0 0 9 * * MON-FRI': second, minute, hour, day, month, day of the week",
    "请写例如 '0 0 9 * * MON-FRI':秒、分、时、日、月、星期",
)
#: A leap day falls on each day of the week within so many years.
_YEARS = 40
_LAST = -1
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Cron:
    """Moments that come round by the calendar and the clock on the wall."""

    second: int
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]  #: of the month; -1 is the last
    months: frozenset[int]
    weekdays: frozenset[int]  #: 0 is Sunday
    ordinals: frozenset[tuple[int, int]]  #: weekday and which of the month; -1 is the last
    text: str
    times: int = -1  #: without end

    def after(self, moment: datetime, zone: tzinfo) -> datetime:
        """The first moment after this one, UTC.

        Raises:
            TimerInvalid: there is none.
        """
        local = moment.astimezone(zone)
        for day in self._days(local.date()):
            for hour in self.hours:
                if day == local.date() and hour < local.hour - 2:
                    continue
                found = [at for at in self._within(day, hour, zone) if at > moment]
                if found:
                    return min(found)
        raise TimerInvalid(_NO_DAY, CRON, self.text, Said("Correct day and month", "请更正日和月"))

    def _days(self, first: date) -> Iterator[date]:
        """Days that fit, the first one included."""
        month = first.replace(day=1)
        while month.year <= first.year + _YEARS:
            length = monthrange(month.year, month.month)[1]
            if month.month in self.months:
                days = (month.replace(day=day) for day in range(1, length + 1))
                yield from (day for day in days if day >= first and self._fits(day, length))
            month += timedelta(days=length)

    def _fits(self, day: date, length: int) -> bool:
        if day.day not in self.days and not (_LAST in self.days and day.day == length):
            return False
        weekday, which = day.isoweekday() % 7, (day.day + 6) // 7
        last = (weekday, _LAST) in self.ordinals and day.day + 7 > length
        return weekday in self.weekdays or (weekday, which) in self.ordinals or last

    def _within(self, day: date, hour: int, zone: tzinfo) -> Iterator[datetime]:
        always = len(self.hours) == 24  # noqa: PLR2004 - every hour
        for minute in self.minutes:
            wall = datetime(day.year, day.month, day.day, hour, minute, self.second, tzinfo=zone)
            yield wall.astimezone(UTC)
            if always:
                yield wall.replace(fold=1).astimezone(UTC)


def parse(text: str) -> Cron:
    """A cron expression of six fields, or one of the macros such as `@daily`.

    Raises:
        TimerInvalid: it cannot be read, or comes round faster than each minute; the message says
            what to write.
    """
    if len(text) > _LONGEST:
        raise TimerInvalid(_LONG, CRON, "", Said("Write it shorter", "请写短一些"), most=_LONGEST)
    fields = MACROS.get(text.strip().lower(), text).upper().split()
    if len(fields) != len(_FIELDS):
        raise TimerInvalid(_COUNT, CRON, text, _SIX, count=len(fields))
    second, minutes, hours, days, months = (_numbers(n, fields[n]) for n in range(5))
    if len(second) != 1:
        raise TimerInvalid(_FAST, CRON, text, Said("Begin it with '0'", "请以 '0' 开头"))
    every, ordinals = _weekdays(fields[5])
    found = Cron(
        second=second[0],
        minutes=tuple(minutes),
        hours=tuple(hours),
        days=frozenset(days),
        months=frozenset(months),
        weekdays=frozenset(day % 7 for day in every),
        ordinals=frozenset(ordinals),
        text=text,
    )
    found.after(datetime(2000, 1, 1, tzinfo=UTC), UTC)  # is there such a day at all?
    return found


def _weekdays(text: str) -> tuple[list[int], list[tuple[int, int]]]:
    """Days of the week that always fit, and those that fit once a month."""
    ordinals, others = [], []
    for part in text.split(","):
        match = _ORDINAL.fullmatch(part)
        if match:
            ordinals.append((_number(5, match[1]) % 7, int(match[2] or _LAST)))
        else:
            others.append(part)
    return _numbers(5, ",".join(others)) if others else [], ordinals


def _numbers(index: int, text: str) -> list[int]:
    """The numbers that a field names, in order."""
    found = set[int]()
    for part in text.split(","):
        if part == "L" and index == 3:  # noqa: PLR2004 - the day of the month
            found.add(_LAST)
        else:
            found.update(_range(index, part))
    return sorted(found)


def _range(index: int, part: str) -> range:
    _, low, high = _FIELDS[index]
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if span in ("*", "?"):
        begin, end = low, high
    else:
        begin = _number(index, first)
        end = _number(index, last) if dash else high if slash else begin
    if index == 5 and begin > end == 0:  # noqa: PLR2004 - Friday to Sunday
        end = 7
    every = int(step) if step.isdecimal() else 0
    if begin > end or (slash and not every):
        _refuse(index, part)
    return range(begin, end + 1, every or 1)


def _number(index: int, text: str) -> int:
    name, low, high = _FIELDS[index]
    number = int(text) if text.isdecimal() else _NAMES.get(name, {}).get(text, -1)
    if not low <= number <= high:
        _refuse(index, text)
    return number


def _refuse(index: int, text: str) -> NoReturn:
    field, low, high = _FIELDS[index]
    do = Said(
        f"Write {low} to {high}, a list, a range or '*'",
        f"请写 {low} 到 {high}、列表、范围或 '*'",
    )
    raise TimerInvalid(_FIELD, CRON, text, do, field=field)
