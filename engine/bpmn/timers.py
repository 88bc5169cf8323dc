"""When a timer is due: ISO 8601 durations, dates and cycles, cron cycles, from a given `now`.

Months and years follow the calendar in UTC, cron the clocks of the installation's zone; a date
without zone is UTC. SpiffWorkflow's own timers read the machine's clock and local zone and fire
every missed cycle, so none of them is used.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from engine.bpmn import cron
from engine.bpmn.cron import Cron
from engine.bpmn.time_texts import TimerInvalid
from engine.findings import Said

_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
)
_NO_TIME = re.compile(r"PT?0+[YMWDHS]")
#: How long a message is kept that says nothing about it, as Camunda's clients do.
LIFETIME = "PT1H"
#: Longer than any process lives; more is a slip of the pen.
LONGEST = timedelta(days=366 * 30)
SHORTEST = timedelta(seconds=1)
#: A cycle that comes round faster than this is no timer but a loop.
FASTEST = timedelta(minutes=1)

DURATION = Said("duration", "时长")
DATE = Said("date", "日期")
CYCLE = Said("cycle", "循环")
_UNREAD = Said("{kind} '{text}' cannot be read", "{kind} '{text}' 无法读取")
_LONG = Said("{kind} '{text}' is longer than 30 years", "{kind} '{text}' 超过 30 年")
_SHORT = Said("{kind} '{text}' is too short", "{kind} '{text}' 太短")
_ZERO = Said("{kind} '{text}' repeats zero times", "{kind} '{text}' 重复零次")
_FAST = Said("{kind} '{text}' comes round too fast", "{kind} '{text}' 重复得太快")
_MINUTES = Said("Write 'PT15M' for 15 minutes", "请写例如 'PT15M'(15 分钟)")


def _write(text: str) -> Said:
    return Said(f"Write {text}", f"请写 {text.replace(' or ', ' 或 ')}")


def _at_least(text: str) -> Said:
    return Said(f"Write at least '{text}'", f"请至少写 '{text}'")


@dataclass(frozen=True, slots=True)
class Duration:
    """Calendar months and an exact rest."""

    months: int
    rest: timedelta

    def after(self, moment: datetime) -> datetime:
        """The moment this much later; the 31st becomes the last day of a shorter month."""
        if not self.months:
            return moment + self.rest
        month = moment.month - 1 + self.months
        year, month = moment.year + month // 12, month % 12 + 1
        day = min(moment.day, monthrange(year, month)[1])
        return moment.replace(year=year, month=month, day=day) + self.rest

    def times(self, number: int) -> Duration:
        """So many of it in a row."""
        return Duration(self.months * number, self.rest * number)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A repeated timer."""

    times: int  #: how often; -1 without end
    start: datetime | None
    every: Duration

    def next_after(self, moment: datetime, since: datetime) -> datetime:
        """The first of its moments after this one; its periods are counted from `since`.

        Counted from the last moment instead, the 31st would become the 28th for ever.
        """
        every = self.every
        # Divided, not counted: a year of minutes must not hold the database up.
        longest = every.rest + timedelta(days=31 * every.months)
        number = max(1, (moment - since) // longest)
        while (found := every.times(number).after(since)) <= moment:
            number += 1
        return found


class Alarm(NamedTuple):
    """When a timer fires, how often in all, and what its periods are counted from."""

    due: datetime
    times: int  #: -1 without end
    since: datetime | None = None  #: kept where counting from the last moment would drift


def duration(text: str) -> Duration:
    """An ISO 8601 duration such as `PT15M` or `P1DT2H`.

    Raises:
        TimerInvalid: no such duration, zero, or absurdly long; the message says what to write.
    """
    match = _DURATION.fullmatch(text.strip())
    parts = {k: float(v) for k, v in match.groupdict().items() if v} if match else {}
    if not parts or text.strip().endswith("T"):
        raise TimerInvalid(_UNREAD, DURATION, text, _MINUTES)
    try:
        months = int(parts.pop("years", 0) * 12 + parts.pop("months", 0))
        rest = timedelta(**parts)
        long = rest + timedelta(days=31 * months) > LONGEST
    except OverflowError:
        months, rest, long = 0, LONGEST, True
    if long:
        raise TimerInvalid(_LONG, DURATION, text, Said("Write a shorter one", "请写更短的时长"))
    if not months and rest < SHORTEST:
        raise TimerInvalid(_SHORT, DURATION, text, _at_least("PT1S"))
    return Duration(months, rest)


def lifetime(text: str) -> Duration | None:
    """How long a message is kept; None for `PT0S`, which is now or never.

    Raises:
        TimerInvalid: no such duration; the message says what to write.
    """
    return None if _NO_TIME.fullmatch(text.strip()) else duration(text)


def date(text: str) -> datetime:
    """An ISO 8601 date or date-time, UTC where it names no zone.

    Raises:
        TimerInvalid: no such date; the message says what to write.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TimerInvalid(_UNREAD, DATE, text, _write("'2026-03-01T09:00:00Z'")) from None


def cycle(text: str) -> Cycle:
    """An ISO 8601 repetition: `R3/PT1H`, `R/P1D` or `R2/2026-03-01T09:00:00Z/PT1H`.

    Raises:
        TimerInvalid: no such repetition; the message says what to write.
    """
    parts = text.strip().split("/")
    times = re.fullmatch(r"R(\d{0,6})", parts[0])
    if not times or len(parts) not in (2, 3):
        raise TimerInvalid(_UNREAD, CYCLE, text, _write("'R3/PT1H' or 'R/PT30M'"))
    count = int(times[1]) if times[1] else -1
    if count == 0:
        raise TimerInvalid(_ZERO, CYCLE, text, Said("Write 'R1/…' or more", "请写 'R1/…' 或更多"))
    start = date(parts[1]) if len(parts) == 3 else None  # noqa: PLR2004 - R/start/duration
    every = duration(parts[-1])
    if not every.months and every.rest < FASTEST:
        raise TimerInvalid(_FAST, CYCLE, text, _at_least("R/PT1M"))
    return Cycle(count, start, every)


def cycle_or_cron(text: str) -> Cycle | Cron:
    """A repetition, or a cron expression such as `0 0 9-17 * * MON-FRI`.

    Raises:
        TimerInvalid: it is neither; the message says what to write.
    """
    found = text.strip()
    return cron.parse(found) if " " in found or found.startswith("@") else cycle(found)


def first(kind: str, text: str, now: datetime, zone: tzinfo) -> Alarm:
    """When a timer fires first; `kind` is timeDuration, timeDate or timeCycle.

    Raises:
        TimerInvalid: the text cannot be read.
    """
    if kind == "timeDate":
        return Alarm(date(text), 1)
    if kind != "timeCycle":
        return Alarm(duration(text).after(now), 1)
    found = cycle_or_cron(text)
    if isinstance(found, Cron):
        return Alarm(found.after(now, zone), found.times)
    since = (found.start or now) if found.every.months else None
    return Alarm(found.start or found.every.after(now), found.times, since)


def following(text: str, fired: Alarm, now: datetime, zone: tzinfo) -> Alarm:
    """When a cycle that has just fired fires again; `fired.times` counts that one too.

    After a downtime a cycle fires once, not once for each missed period, and keeps its cadence.
    """
    found, times = cycle_or_cron(text), fired.times - (fired.times > 0)
    if isinstance(found, Cron):
        return Alarm(found.after(now, zone), times)
    moment = max(fired.due, now)
    return Alarm(found.next_after(moment, fired.since or fired.due), times, fired.since)
