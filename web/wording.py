"""Texts for the reader of the present request: in their language, with their words for time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from engine.errors import EngineError, FieldError
from web.visit import visit
from web.words import Words

_DAY = 24 * 60  #: minutes


def text(key: str, **values: object) -> str:
    """The text of a key in the reader's language."""
    return visit().words.text(key, **values)


def find(key: str) -> str | None:
    """The text of a key in the reader's language, or None where there is none."""
    return visit().words.texts.get(key)


def sentence(error: EngineError) -> str:
    """An error's sentence in the reader's language, in English where it has no translation."""
    template = find(f"error.{error.code}")
    return template.format_map(vars(error)) if template else str(error)


def fault(error: FieldError) -> str:
    """Why a form refused a field; a pattern says it in the words of the form."""
    if error.code == "pattern" and error.argument:
        return str(error.argument)
    return text(f"fault.{error.code}", limit=error.argument)


def span(length: timedelta, words: Words | None = None) -> str:
    """A length of time in its two largest units, such as `3 h 20 min`; the sign is dropped.

    Lists give their `words`, so that a page does not ask for them in every row.
    """
    say = (words or visit().words).text
    minutes = abs(int(length.total_seconds())) // 60
    if minutes < _DAY:
        return _hours(say, minutes)
    days, hours = minutes // _DAY, minutes % _DAY // 60
    return _two(say("span.days", n=days), say("span.hours", n=hours) if hours else "")


def working_time(length: timedelta) -> str:
    """A length of working time, in hours and minutes: a day of it would mean nothing."""
    return _hours(text, abs(int(length.total_seconds())) // 60)


def _hours(say: Callable[..., str], minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return say("span.minutes", n=rest)
    return _two(say("span.hours", n=hours), say("span.minutes", n=rest) if rest else "")


def clock_time(moment: datetime) -> str:
    """A moment as plain text in the reader's zone, for inside a sentence."""
    local = moment.astimezone(visit().zone)
    return text("date.short").format(d=local, month=text(f"month.{local.month}"))


def _two(large: str, small: str) -> str:
    return f"{large} {small}".rstrip()
