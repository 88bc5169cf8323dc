"""Writes a made-up incident log of the shape that `itil.replay` reads.

Incidents arrive, wait, are reassigned, resolved and closed in the proportions published for the
incident log of UCI data set 498 (Amaral, Fantinato, Peres, 2018, CC BY 4.0); every constant below
is such a published count. Names, texts and single histories are invented. The same seed writes the
same file. Left out: the few histories in 15,000 in which the original leaves its own state model.
Long, because the constants and what draws from them are read together.
"""

from __future__ import annotations

import csv
import gzip
import math
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TextIO, TypeVar

from itil.replay.log import COLUMNS, MISSING

_BEGIN = datetime(2016, 2, 29)  # noqa: DTZ001 - the log names no time zone
#: Incidents opened in each hour of the day and on each day of the week, Monday first, in 52 days.
_HOURS = (
    *(144, 118, 79, 72, 66, 59, 200, 369, 1438, 1864, 1793, 1481),
    *(778, 1042, 1427, 1338, 1156, 695, 274, 146, 121, 114, 92, 85),
)
_WEEKDAYS = (3471, 2963, 3093, 2510, 2284, 326, 304)
_DAYS = 52
_FIRST = {"New": 9489, "Active": 3952, "Resolved": 1314, "Awaiting User Info": 190}
_NEXT: Mapping[str, Mapping[str, int]] = {
    "New": {
        "Active": 4742,
        "Resolved": 3312,
        "Awaiting User Info": 1338,
        "Awaiting Problem": 49,
        "Awaiting Vendor": 46,
    },
    "Active": {
        "Resolved": 7060,
        "Awaiting User Info": 2597,
        "Awaiting Problem": 103,
        "Awaiting Vendor": 89,
    },
    "Awaiting User Info": {
        "Resolved": 3272,
        "Active": 872,
        "Awaiting Problem": 24,
        "Awaiting Vendor": 10,
        "Awaiting Evidence": 5,
    },
    "Awaiting Problem": {"Resolved": 108, "Awaiting User Info": 45, "Active": 28},
    "Awaiting Vendor": {"Resolved": 108, "Active": 26, "Awaiting User Info": 10},
    "Awaiting Evidence": {"Resolved": 6, "Awaiting User Info": 1},
    "Resolved": {"Closed": 14954, "Active": 224},
}
#: Hours from opening to resolution: share of incidents -> not longer than.
_RESOLVE = {
    0.0: 0.02,
    0.1: 0.15,
    0.25: 1.1,
    0.5: 42.9,
    0.75: 191.3,
    0.9: 435.1,
    0.95: 815.6,
    1: 3069,
}
#: Impact and urgency, 1 high to 3 low.
_LEVELS = {
    (1, 1): 148,
    (1, 2): 89,
    (2, 1): 167,
    (2, 2): 14053,
    (2, 3): 25,
    (3, 1): 3,
    (3, 2): 61,
    (3, 3): 405,
}
_PRIORITY = {(1, 1): 1, (1, 2): 2, (2, 1): 2, (1, 3): 3, (2, 2): 3, (3, 1): 3}  # the others: 4
_RELEVELLED = 230 / 14951
_REASSIGNED = (7564 / 14951, 0.53)  #: at all; and each time once more
_SILENT = 1.3  #: rows of an incident in which nothing is changed, on average
_MADE_SLA = {1: 3 / 148, 2: 1 / 256, 3: 7648 / 14056, 4: 373 / 491}
#: An hourly job closes what was resolved 5 x 24 h ago; some are closed by hand, before or after.
_CLOSED_LATE, _CLOSED_EARLY = 0.225, 0.0093
_GROUPS = {70: 4649, 25: 810, 39: 773, 24: 662, 23: 496, 64: 435, 73: 389, 28: 381, 27: 344}
_CATEGORIES = {26: 2021, 42: 1771, 53: 1718, 46: 1516, 32: 981, 37: 700, 9: 653, 20: 649, 23: 605}
_NO_GROUP = 0.13
_NAMES = {
    "impact": {1: "1 - High", 2: "2 - Medium", 3: "3 - Low"},
    "priority": {1: "1 - Critical", 2: "2 - High", 3: "3 - Moderate", 4: "4 - Low"},
}
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)

Line = dict[str, str]
Key = TypeVar("Key")


def write(path: Path, incidents: int, seed: int) -> int:
    """Write a log of so many incidents to a csv or csv.gz file; answers its number of rows."""
    written = 0
    with _open(path) as stream:
        table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        table.writeheader()
        for line in lines(incidents, seed):
            table.writerow(line)
            written += 1
    return written


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8", newline="")
    return path.open("w", encoding="utf-8", newline="")


def lines(incidents: int, seed: int) -> Iterator[Line]:
    """The rows of a log, incident after incident in the order of their opening."""
    dice = Random(seed)  # noqa: S311 - a sample, not a secret
    number = 44
    for _, opened in zip(range(incidents), _arrivals(dice), strict=False):
        number += dice.randint(1, 3)
        yield from _incident(dice, f"INC{number:07}", opened)


def _arrivals(dice: Random) -> Iterator[datetime]:
    hour = _BEGIN
    total = sum(_HOURS)
    while True:
        a_day = _WEEKDAYS[hour.weekday()] * 7 / _DAYS
        rate = a_day * _HOURS[hour.hour] / total  # incidents in this hour
        passed = dice.expovariate(rate)
        while passed < 1:
            yield hour + timedelta(minutes=int(passed * 60))
            passed += dice.expovariate(rate)
        hour += _HOUR


@dataclass(slots=True)
class _History:
    """An incident as it is made up: what happens when."""

    opened: datetime
    states: list[tuple[datetime, str]] = field(default_factory=list)
    resolved: datetime = _BEGIN
    closed: datetime = _BEGIN


def _incident(dice: Random, number: str, opened: datetime) -> Iterator[Line]:
    history = _history(dice, opened)
    line = _opening(dice, number, history)
    levels = _pick(dice, _LEVELS)
    moments = _moments(dice, history)
    relevelled = dice.randrange(len(moments)) if dice.random() < _RELEVELLED else -1
    before = ""
    for order, (moment, state, regrouped) in enumerate(moments):
        if regrouped:
            line["assignment_group"] = _group(dice, besides=line["assignment_group"])
            line["reassignment_count"] = str(int(line["reassignment_count"]) + 1)
        if order == relevelled and state not in ("Resolved", "Closed"):
            levels = _pick(dice, _LEVELS)
        if before == "Resolved" and state == "Active":
            line["reopen_count"] = str(int(line["reopen_count"]) + 1)
        priority = _PRIORITY.get(levels, 4)
        line["impact"], line["urgency"] = (_NAMES["impact"][level] for level in levels)
        line["priority"] = _NAMES["priority"][priority]
        line["sys_mod_count"] = str(order)
        line["sys_updated_by"] = f"Updated by {dice.randint(1, 900)}"
        line["sys_updated_at"] = _text(moment)
        line["incident_state"] = before = state
        _mark(dice, line, state, priority)
        yield dict(line)


def _mark(dice: Random, line: Line, state: str, priority: int) -> None:
    """The columns that follow from the state."""
    if state == "Awaiting Problem" and line["problem_id"] == MISSING:
        line["problem_id"] = f"Problem ID  {dice.randint(1, 300)}"
    if state == "Awaiting Vendor" and line["vendor"] == MISSING:
        line["vendor"] = f"Vendor {dice.randint(1, 4)}"
    if state == "Closed":
        line["active"] = "false"
        line["made_sla"] = "true" if dice.random() < _MADE_SLA[priority] else "false"


def _history(dice: Random, opened: datetime) -> _History:
    history = _History(opened)
    span = _span(dice)
    state = _pick(dice, _FIRST)
    now = opened + min(span, timedelta(minutes=dice.expovariate(1 / 8)))
    while True:
        history.states.append((now, state))
        if state == "Closed":
            history.closed = now
            return history
        following = _pick(dice, _NEXT[state])
        if following == "Closed":
            history.resolved, now = now, _closing(dice, now)
        elif state == "Resolved":
            now, span = _refusal(dice, now), _span(dice)
        else:
            share = 1.0 if following == "Resolved" else dice.random()
            now, span = now + max(_MINUTE, span * share), span * (1 - share)
        state = following


def _closing(dice: Random, resolved: datetime) -> datetime:
    drawn = dice.random()
    if drawn < _CLOSED_EARLY:
        return resolved + dice.uniform(1, 118) * _HOUR
    days = 5 if drawn > _CLOSED_EARLY + _CLOSED_LATE else 5 + dice.expovariate(1 / 4)
    due = resolved + timedelta(days=days)
    return due.replace(minute=0) + _HOUR + dice.randint(0, 3) * _MINUTE


def _refusal(dice: Random, resolved: datetime) -> datetime:
    return resolved + dice.uniform(0.5, 110) * _HOUR


def _moments(dice: Random, history: _History) -> list[tuple[datetime, str, bool]]:
    """Every row to write: moment, state, and whether another group has the incident from now."""
    rows = [(moment, state, False) for moment, state in history.states]
    first, last = history.states[0][0], history.resolved
    chance, again = _REASSIGNED
    while dice.random() < chance:
        rows.append(_between(dice, history, first, last, regrouped=True))
        chance = again
    silent = int(dice.expovariate(1 / (_SILENT + 0.5)))
    rows += [_between(dice, history, first, last, regrouped=False) for _ in range(silent)]
    # At one minute the change of state comes first, as it was made up from it.
    return sorted(rows, key=lambda row: row[0])


def _between(
    dice: Random,
    history: _History,
    first: datetime,
    last: datetime,
    *,
    regrouped: bool,
) -> tuple[datetime, str, bool]:
    moment = first + (last - first) * dice.random()
    at = bisect([begun for begun, _ in history.states], moment) - 1
    begun, state = history.states[max(at, 0)]
    if regrouped and state == "Resolved":
        return begun, state, False
    return max(moment, begun), state, regrouped


def _opening(dice: Random, number: str, history: _History) -> Line:
    line = dict.fromkeys(COLUMNS, MISSING)
    category = _pick(dice, _CATEGORIES)
    creator = dice.randint(1, 200)
    line |= {
        "number": number,
        "active": "true",
        "reassignment_count": "0",
        "reopen_count": "0",
        "made_sla": "true",
        "caller_id": f"Caller {dice.randint(1, 5000)}",
        "opened_by": f"Opened by  {dice.randint(1, 400)}",
        "opened_at": _text(history.opened),
        "sys_created_by": f"Created by {creator}",
        "sys_created_at": _text(history.states[0][0]),
        "contact_type": "Phone" if dice.random() < 14915 / 14951 else "Email",
        "location": f"Location {dice.randint(1, 250)}",
        "category": f"Category {category}",
        "subcategory": f"Subcategory {category * 5 + dice.randint(0, 4)}",
        "assignment_group": MISSING if dice.random() < _NO_GROUP else _group(dice, besides=""),
        "knowledge": "false",
        "u_priority_confirmation": "false",
        "notify": "Do Not Notify",
        "closed_code": f"code {dice.randint(1, 17)}",
        "resolved_by": f"Resolved by {dice.randint(1, 180)}",
        "resolved_at": _text(history.resolved),
        "closed_at": _text(history.closed),
    }
    if dice.random() < 0.76:  # noqa: PLR2004 - rows with a symptom
        line["u_symptom"] = f"Symptom {dice.randint(1, 530)}"
    return line


def _group(dice: Random, *, besides: str) -> str:
    while (group := f"Group {_pick(dice, _GROUPS)}") == besides:
        pass
    return group


def _span(dice: Random) -> timedelta:
    """How long one incident takes, drawn between the published percentiles on a log scale."""
    drawn = dice.random()
    shares = list(_RESOLVE)
    upper = bisect(shares, drawn, hi=len(shares) - 1)
    low, high = shares[upper - 1], shares[upper]
    part = (drawn - low) / (high - low)
    hours = math.log(_RESOLVE[low]) * (1 - part) + math.log(_RESOLVE[high]) * part
    return math.exp(hours) * _HOUR


def _pick(dice: Random, weights: Mapping[Key, int]) -> Key:
    return dice.choices(list(weights), list(weights.values()))[0]


def _text(moment: datetime) -> str:
    return f"{moment.day}/{moment.month}/{moment.year} {moment:%H:%M}"
