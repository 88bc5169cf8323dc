"""What a page sent, read into the values that a form's fields expect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

#: Fields that send one value for each ticked box.
_MANY = frozenset({"checklist", "taglist"})


def values(
    kinds: Mapping[str, str],
    sent: MultiDict[str, str],
    zone: ZoneInfo,
) -> dict[str, object]:
    """The values by field key; `kinds` maps a key to its type, or to a datetime's subtype.

    Moments are typed in the person's zone and leave as UTC; text that is no moment is kept, so
    that the form can show it again beside its error.
    """
    return {key: _value(kind, sent.getlist(f"field.{key}"), zone) for key, kind in kinds.items()}


def _value(kind: str, sent: list[str], zone: ZoneInfo) -> object:
    if kind in _MANY:
        return sent
    first = sent[0] if sent else ""
    if kind == "checkbox":
        return first == "true"
    if kind == "datetime" and first:
        return _utc(first, zone)
    return first or None


def _utc(typed: str, zone: ZoneInfo) -> str:
    found = moment(typed, zone)
    return typed if found is None else found.isoformat()


def moment(typed: str, zone: ZoneInfo) -> datetime | None:
    """The moment that a person typed in their zone, as UTC; None where it is none."""
    try:
        read = datetime.fromisoformat(typed)
        aware = read if read.tzinfo else read.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def local_input(value: object, zone: ZoneInfo) -> str:
    """A moment as a `datetime-local` control holds it; what is no moment stays as typed."""
    if not isinstance(value, str):
        return ""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return value
    local = read.astimezone(zone) if read.tzinfo else read
    return local.strftime("%Y-%m-%dT%H:%M")
