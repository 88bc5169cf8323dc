"""The few expressions and times that random processes use, read without the engine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

_TIME = re.compile(r"PT(\d+)H(\d+)\.(\d{6})S")


def value(text: str, variables: Mapping[str, object]) -> object:
    """What `=name = number`, `=name`, a number, a list or a literal without `=` gives."""
    if not text.startswith("="):
        return text
    text = text.removeprefix("=")
    name, is_condition, number = text.partition(" = ")
    if is_condition:
        return variables.get(name) == int(number)
    if text[0] == "[" or text[0].isdigit():
        return json.loads(text)
    return variables.get(text)


def length(text: str) -> timedelta:
    """Hours and seconds with six places, as random processes write them."""
    match = _TIME.fullmatch(text)
    assert match is not None, text
    hours, seconds, micros = map(int, match.groups())
    return timedelta(hours=hours, seconds=seconds, microseconds=micros)


def first_due(kind: str, text: str, now: datetime) -> tuple[datetime, int]:
    """When a timer fires first, and how often in all; -1 without end (ISO 8601)."""
    if kind == "timeDate":
        return datetime.fromisoformat(text).astimezone(UTC), 1
    if kind == "timeCycle":
        times, every = text[1:].split("/")
        return now + length(every), int(times or -1)
    return now + length(text), 1


def next_due(text: str, due: datetime, now: datetime) -> datetime:
    """The next moment of a cycle after `now`; periods that were missed are left out."""
    every = length(text.split("/")[1])
    while due <= now:
        due += every
    return due
