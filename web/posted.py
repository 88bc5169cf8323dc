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
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        return typed
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC).isoformat()
    except OverflowError:
        return typed


def local_input(value: object, zone: ZoneInfo) -> str:
    """A moment as a `datetime-local` control holds it; what is no moment stays as typed."""
    if not isinstance(value, str):
        return ""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    local = moment.astimezone(zone) if moment.tzinfo else moment
    return local.strftime("%Y-%m-%dT%H:%M")
