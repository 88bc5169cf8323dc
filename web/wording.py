"""Texts for the reader of the present request: in their language, with their words for time."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.errors import EngineError, FieldError
from web.visit import visit

_HOUR = 3600  #: seconds


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


def span(length: timedelta | float | None) -> str:
    """A length of time in its two largest units, such as `3 h 20 min`; the sign is dropped."""
    if length is None:
        return ""
    whole = length if isinstance(length, timedelta) else timedelta(seconds=length)
    days, hours = abs(whole).days, abs(whole).seconds // _HOUR
    if not days:
        return working_time(whole)
    return _two(text("span.days", n=days), text("span.hours", n=hours) if hours else "")


def working_time(length: timedelta) -> str:
    """A length of working time, in hours and minutes: a day of it would mean nothing."""
    minutes = abs(int(length.total_seconds())) // 60
    hours, rest = divmod(minutes, 60)
    if not hours:
        return text("span.minutes", n=rest)
    return _two(text("span.hours", n=hours), text("span.minutes", n=rest) if rest else "")


def clock_time(moment: datetime) -> str:
    """A moment as plain text in the reader's zone, for inside a sentence."""
    local = moment.astimezone(visit().zone)
    return text("date.short").format(d=local, month=text(f"month.{local.month}"))


def _two(large: str, small: str) -> str:
    return f"{large} {small}".rstrip()
