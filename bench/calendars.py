"""What business time costs: run `python -m bench.calendars` from the repository; CPU time."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time

from itil import calendars, clocks, service_levels
from itil.calendars import Calendar
from itil.clocks import ClockEvent, Kind

WORKFLOWS = Path(__file__).parents[1] / "workflows"
YEAR_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
QUESTIONS = 100_000
CLOCKS = 10_000
PERCENTS = (50, 75, 90, 100, 150)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process that one call of `work` takes."""
    begin = process_time()
    work()
    return process_time() - begin


def office() -> Calendar:
    """A fresh Chinese office calendar, with no year built yet."""
    path = WORKFLOWS / "service_level" / "calendars" / "office-cn.json"
    return calendars.read(json.loads(path.read_text(encoding="utf-8")))


def build_milliseconds() -> float:
    """The best of five: reading a calendar and building two years of it."""

    def two_years() -> None:
        office().elapsed(YEAR_BEGIN + timedelta(days=1), YEAR_BEGIN + timedelta(days=700))

    return min(cpu_seconds(two_years) for _ in range(5)) * 1000


def history(dice: random.Random) -> str:
    """A stored clock as incidents have it: two pauses, sometimes a new target, still running."""
    opened = YEAR_BEGIN + timedelta(seconds=dice.randrange(300 * 86_400))
    target = timedelta(hours=dice.choice([4, 8, 24, 40]))
    at = [opened + timedelta(hours=dice.randrange(1, 20) + 20 * n) for n in range(5)]
    events = [
        ClockEvent(Kind.START, opened, "case.created", target, "office-cn"),
        ClockEvent(Kind.PAUSE, at[0], "pending_user"),
        ClockEvent(Kind.RESUME, at[1], "in_progress"),
        ClockEvent(Kind.PAUSE, at[2], "pending_vendor"),
        ClockEvent(Kind.RESUME, at[3], "in_progress"),
    ]
    if dice.random() < 0.3:
        events.append(ClockEvent(Kind.RETARGET, at[4], "priority", target / 2))
    return clocks.to_json(events)


def main() -> None:
    """Print every figure with its unit."""
    dice = random.Random(1)
    here = office()
    here.elapsed(YEAR_BEGIN, YEAR_BEGIN + timedelta(days=3 * 365))
    starts = [
        YEAR_BEGIN + timedelta(microseconds=dice.randrange(600 * 86_400 * 10**6))
        for _ in range(QUESTIONS)
    ]
    works = [timedelta(seconds=dice.randrange(60, 400_000)) for _ in starts]
    ends = [here.add(start, work) for start, work in zip(starts, works, strict=True)]
    assert [here.elapsed(a, b) for a, b in zip(starts, ends, strict=True)] == works

    added = cpu_seconds(lambda: [here.add(a, w) for a, w in zip(starts, works, strict=True)])
    measured = cpu_seconds(lambda: [here.elapsed(a, b) for a, b in zip(starts, ends, strict=True)])
    stored = [history(dice) for _ in range(CLOCKS)]
    known = {here.key: here}
    levels = [service_levels.Level(percent, "sla-warning") for percent in PERCENTS]

    def recompute() -> None:
        for row in stored:
            reading = clocks.fold(clocks.from_json(row), known)
            assert reading.due_at
            for percent in PERCENTS:
                reading.moment_of(percent)
            service_levels.next_level(reading, levels, {50, 75})

    print(f"build, 2 years of office-cn   {build_milliseconds():8.2f} ms")
    print(f"add                           {added / QUESTIONS * 1e6:8.2f} us")
    print(f"elapsed                       {measured / QUESTIONS * 1e6:8.2f} us")
    print(f"{CLOCKS} clocks, due and {len(PERCENTS)} levels {cpu_seconds(recompute):8.3f} s")


if __name__ == "__main__":
    main()
