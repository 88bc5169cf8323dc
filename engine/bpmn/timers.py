"""When a timer is due: ISO 8601 durations, dates and cycles, from a given `now`.

Months and years follow the calendar; a date without zone is UTC. SpiffWorkflow's own timers
read the machine's clock and local zone and fire every missed cycle, so none of them is used.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

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


@dataclass(frozen=True, slots=True)
class Cycle:
    """A repeated timer."""

    times: int  #: how often; -1 without end
    start: datetime | None
    every: Duration


def duration(text: str) -> Duration:
    """An ISO 8601 duration such as `PT15M` or `P1DT2H`.

    Raises:
        ValueError: no such duration, zero, or absurdly long; the message says what to write.
    """
    match = _DURATION.fullmatch(text.strip())
    parts = {k: float(v) for k, v in match.groupdict().items() if v} if match else {}
    if not parts or text.strip().endswith("T"):
        raise ValueError(f"duration '{text}' cannot be read. Write 'PT15M' for 15 minutes.")
    months = int(parts.pop("years", 0) * 12 + parts.pop("months", 0))
    try:
        rest = timedelta(**parts)
        long = rest + timedelta(days=31 * months) > LONGEST
    except OverflowError:
        rest, long = LONGEST, True
    if long:
        raise ValueError(f"duration '{text}' is longer than 30 years. Write a shorter one.")
    if not months and rest < SHORTEST:
        raise ValueError(f"duration '{text}' is too short. Write at least 'PT1S'.")
    return Duration(months, rest)


def lifetime(text: str) -> Duration | None:
    """How long a message is kept; None for `PT0S`, which is now or never.

    Raises:
        ValueError: no such duration; the message says what to write.
    """
    return None if _NO_TIME.fullmatch(text.strip()) else duration(text)


def date(text: str) -> datetime:
    """An ISO 8601 date or date-time, UTC where it names no zone.

    Raises:
        ValueError: no such date; the message says what to write.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"date '{text}' cannot be read. Write '2026-03-01T09:00:00Z'.") from None


def cycle(text: str) -> Cycle:
    """An ISO 8601 repetition: `R3/PT1H`, `R/P1D` or `R2/2026-03-01T09:00:00Z/PT1H`.

    Raises:
        ValueError: no such repetition; the message says what to write.
    """
    parts = text.strip().split("/")
    times = re.fullmatch(r"R(\d*)", parts[0])
    if not times or len(parts) not in (2, 3):
        raise ValueError(f"cycle '{text}' cannot be read. Write 'R3/PT1H' or 'R/PT30M'.")
    count = int(times[1]) if times[1] else -1
    if count == 0:
        raise ValueError(f"cycle '{text}' repeats zero times. Write 'R1/…' or more.")
    start = date(parts[1]) if len(parts) == 3 else None  # noqa: PLR2004 - R/start/duration
    every = duration(parts[-1])
    if not every.months and every.rest < FASTEST:
        raise ValueError(f"cycle '{text}' comes round too fast. Write at least 'R/PT1M'.")
    return Cycle(count, start, every)


def first(kind: str, text: str, now: datetime) -> tuple[datetime, int]:
    """When a timer fires first and how often in all; -1 without end.

    `kind` is timeDuration, timeDate or timeCycle.

    Raises:
        ValueError: the text cannot be read.
    """
    if kind == "timeDate":
        return date(text), 1
    if kind == "timeCycle":
        found = cycle(text)
        return found.start or found.every.after(now), found.times
    return duration(text).after(now), 1


def following(text: str, due: datetime, times: int, now: datetime) -> tuple[datetime, int]:
    """When a cycle that has just fired, with `times` to go before that, fires again."""
    after, _ = next_after(due, cycle(text).every, now)
    return after, times - (times > 0)


def next_after(due: datetime, every: Duration, now: datetime) -> tuple[datetime, int]:
    """The next due moment after `now` in the cadence of `due`, and how many were missed.

    After a downtime a cycle fires once, not once for each missed period.
    """
    missed = 0
    if not every.months and due < now:
        # Divided, not counted: a year of minutes must not hold the database up.
        missed = (now - due) // every.rest
        due += missed * every.rest
    following = every.after(due)
    while following <= now:
        following = every.after(following)
        missed += 1
    return following, missed
