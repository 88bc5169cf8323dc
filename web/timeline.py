"""A case's events as sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from itil.cases import Entry
from web import chosen
from web.wording import find, text

#: Engine's own name in the audit trail.
SYSTEM = "system"
#: Fields whose change is worth a line on the timeline; everything is in the audit trail.
_TOLD = ("priority", "impact", "urgency", "category", "service", "group", "resolution_code")
#: What the process noted for itself; the requester reads of it only where it ended the case.
_INTERNAL = frozenset(
    {
        "call.returned",
        "instance.migrated",
        "message.caught",
        "message.dropped",
        "message.expired",
        "message.kept",
        "message.undelivered",
        "sla.level",
        "timer.failed",
        "timer.fired",
        "token.moved",
        "token.skipped",
    }
)
#: What operators and workers did to help a case on is theirs.
_HELP = ("job.", "instance.retried", "instance.edited")
_LEVELS = {"priority": "priority", "impact": "level", "urgency": "level"}


def is_news(entry: Entry) -> bool:
    """Whether an entry tells the requester something."""
    internal = entry.action in _INTERNAL or entry.action.startswith(_HELP)
    return not internal or bool(entry.details.get("ended"))


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a case's timeline, worded."""

    at: datetime
    who: str
    words: str
    said: str  #: what somebody wrote, empty for other events
    changes: tuple[tuple[str, str, str], ...]  #: field, old, new
    notes: tuple[str, ...]  #: to whom the process gave tasks, and why
    public: bool
    tone: str  #: `strong`, `warn` or empty


def told(
    entry: Entry,
    names: Mapping[str, str],
    labels: Mapping[str, str],
    words: Mapping[str, Mapping[str, str]],
) -> Told:
    """An entry as the page shows it.

    `labels`: names of elements; `words`: field -> value -> what people call it.
    """
    details = entry.details
    return Told(
        at=entry.at,
        who=text("engine") if entry.actor == SYSTEM else names.get(entry.actor, entry.actor),
        words=_words(entry, labels),
        said=str(details.get("text") or details.get("reason") or details.get("proposal") or ""),
        changes=tuple(_changes(details.get("changes"), words)),
        notes=chosen.lines(details, names, words.get("group", {})),
        public=entry.action != "case.commented" or details.get("public") is True,
        tone=_tone(entry),
    )


def _words(entry: Entry, labels: Mapping[str, str]) -> str:
    level = _level(entry)
    if level:
        clock = str(level["clock"])
        name = find(f"clock.{clock}") or clock
        return text("told.sla.level", clock=name, level=level["level"])
    fired = entry.details.get("fired")
    places = fired if isinstance(fired, list) else [entry.element] if entry.element else []
    if entry.action == "timer.fired" and not places:
        return text("told.ended")
    found = find(f"told.{entry.action}")
    named = ", ".join(labels.get(place, place) for place in places)
    return found.format(element=named) if found else entry.action


def _level(entry: Entry) -> Mapping[str, object] | None:
    """The clock and the level that an entry is about, if it is about one.

    A diagram catches a level as a message; one that no diagram waits for is an event of its own.
    """
    found = entry.details.get("values") if entry.action == "message.caught" else entry.details
    return found if isinstance(found, Mapping) and {"clock", "level"} <= found.keys() else None


def _tone(entry: Entry) -> str:
    if entry.action == "timer.failed" or _level(entry):
        return "warn"
    return "strong" if entry.action == "case.commented" else ""


def _changes(
    changes: object, words: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, str]]:
    if not isinstance(changes, Mapping):
        return
    for name in _TOLD:
        pair = changes.get(name)
        if isinstance(pair, list):
            old, new = (_shown(name, value, words.get(name, {})) for value in pair)
            yield text(f"case.{name}"), old, new


def _shown(name: str, value: object, words: Mapping[str, str]) -> str:
    if value is None or value == "":
        return ""
    worded = find(f"{_LEVELS[name]}.{value}") if name in _LEVELS else words.get(str(value))
    return worded or str(value)
