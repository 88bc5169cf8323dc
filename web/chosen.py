"""Whom the process gave a task to, and why, in the reader's language (INC-09)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from itil.assignment import CHOICES, NONE
from web.wording import text

#: Texts of why somebody was chosen.
WORDS = (*(choice for choice in CHOICES if choice != NONE), "kept", "nobody")


def persons(details: Mapping[str, object]) -> list[str]:
    """Logins of everybody whom an event gave a task."""
    return [str(one["person"]) for one in _chosen(details) if one.get("person")]


def lines(
    details: Mapping[str, object], names: Mapping[str, str], groups: Mapping[str, str]
) -> tuple[str, ...]:
    """A sentence for each task that an event gave to somebody, or to nobody of the group."""
    return tuple(_line(one, names, groups) for one in _chosen(details))


def _line(one: Mapping[str, object], names: Mapping[str, str], groups: Mapping[str, str]) -> str:
    login, group = str(one.get("person") or ""), str(one.get("group"))
    word = "kept" if one.get("kept") else str(one.get("choice")) if login else "nobody"
    return text(
        f"chosen.{word if word in WORDS else 'nobody'}",
        person=names.get(login, login),
        group=groups.get(group, group),
        skill=one.get("skill") or "",
        load=one.get("load", 0),
    )


def _chosen(details: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    found = details.get("chosen")
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping):
            yield one
