"""Service level clocks as people read them: how much time is left, how far along, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from itil import clocks
from itil.clocks import Line, State
from itil.timekeeping import Kept
from web.visit import visit
from web.wording import clock_time, find, text, working_time

_BREACHED = frozenset({State.BREACHED_RUNNING, State.BREACHED_STOPPED})
_ENDED = frozenset({State.MET, State.BREACHED_STOPPED, State.CANCELLED})
_NEARLY = 75  #: percent of the target from which a clock is shown as urgent


@dataclass(frozen=True, slots=True)
class Dial:
    """One clock on a page."""

    title: str
    words: str  #: such as `1 h 20 min left`
    part: int  #: percent of the target used, 0 to 100
    tone: str  #: red, amber, green or empty
    due_at: datetime | None
    why: tuple[str, ...] = ()


def dials(kept: Iterable[Kept], now: datetime) -> list[Dial]:
    """The clocks of a case for the page, in the order given."""
    return [_dial(clock, now) for clock in kept]


def explained(kept: Iterable[Kept], now: datetime) -> list[Dial]:
    """The clocks with the reason for their due moments, line by line; this takes a while."""
    return [replace(_dial(clock, now), why=_why(clock, now)) for clock in kept]


def _dial(clock: Kept, now: datetime) -> Dial:
    reading = clock.reading
    used = reading.elapsed(now).business
    part = min(100, round(100 * used / reading.target)) if reading.target else 0
    return Dial(
        title=find(f"clock.{clock.name}") or clock.name,
        words=_words(clock, used),
        part=part,
        tone=_tone(clock.state, part),
        due_at=None if clock.state in _ENDED else reading.due_at,
    )


def _why(clock: Kept, now: datetime) -> tuple[str, ...]:
    lines = clocks.explain(clock.reading, now, visit().language)
    return tuple(_sentence(line) for line in lines)


def _tone(state: State, part: int) -> str:
    if state in _BREACHED:
        return "red"
    if state in {State.CANCELLED, State.NOT_STARTED}:
        return ""
    return "amber" if part >= _NEARLY and state is not State.MET else "green"


def _words(clock: Kept, used: timedelta) -> str:
    left = working_time((clock.reading.target or timedelta(0)) - used)
    return text(f"clock.state.{clock.state.value}", span=left)


def _sentence(line: Line) -> str:
    values = {name: _value(value) for name, value in line.parameters.items()}
    if "cause" in values:
        values["cause"] = _cause(str(line.parameters["cause"]))
    if "reason" in values:
        reason = text(f"day.{line.parameters['reason']}")
        values["reason"] = f"{reason} ({line.parameters['name']})" if values["name"] else reason
    if "first" in values and values["first"] != values["last"]:
        values["first"] = text("why.days", first=values["first"], last=values["last"])
    return text(f"why.{line.code}", **_complete(values))


def _complete(values: Mapping[str, object]) -> Mapping[str, object]:
    """The values with empty texts for what a line may leave out."""
    return {"target": "", "business": "", "calendar": "", "at": "", **values}


def _cause(cause: str) -> str:
    """What moved a clock: a state of the case, or an event such as `response.given`."""
    return find(f"state.{cause}") or find(f"cause.{cause.partition('.')[0]}") or cause


def _value(value: object) -> object:
    if isinstance(value, timedelta):
        return working_time(value)
    if isinstance(value, datetime):
        return clock_time(value)
    if isinstance(value, date):
        return value.isoformat()
    return value.rpartition("@")[0] or value if isinstance(value, str) else value
