"""Items of the catalogue written on a page and published as the next version (REQ-01).

A page sends plain texts; here they become the document that a deployment checks like any other, so
that who publishes needs neither JSON nor a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from engine.commands import definitions
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import catalogue, people
from itil.catalogue import KIND, ItemInvalid

#: Texts that an item has in each language, and those of a step.
TEXTS = ("name", "about")
STEP_TEXTS = ("name", "instructions")
#: What a key is made of; it is part of addresses and file names.
_KEY = re.compile(r"[a-z][a-z0-9-]{0,59}")

#: What a page sends: a text by the name of its field.
Typed = Mapping[str, str]


def document(
    typed: Typed, entitled: Iterable[str], steps: Iterable[Typed], parts: Iterable[Typed]
) -> dict[str, Any]:
    """The document that a page means; an empty step or part is left out.

    `typed` has key, name_en, name_zh, about_en, about_zh, category, form, approval, approver, cost,
    priority, valid_from, valid_to; a step has key, name_en, name_zh, instructions_en,
    instructions_zh, group, after, hours, joins, a part item and after. `after` has commas.
    """
    meant: dict[str, Any] = {
        "key": typed.get("key", ""),
        **{name: _languages(typed, name) for name in TEXTS},
        **{name: typed.get(name, "") for name in ("category", "form", "approval", "approver")},
        **{name: _number(typed.get(name, "")) for name in ("cost", "priority")},
        "entitled": [one for one in entitled if one],
        "steps": [_step(step) for step in steps if any(step.values())],
        "bundle": [
            {"item": part["item"], "after": _keys(part.get("after", ""))}
            for part in parts
            if part.get("item")
        ],
    }
    days = {name: typed[name] for name in ("valid_from", "valid_to") if typed.get(name)}
    return meant | days


def _step(typed: Typed) -> dict[str, Any]:
    return {
        "key": typed.get("key", ""),
        **{name: _languages(typed, name) for name in STEP_TEXTS},
        "group": typed.get("group", ""),
        "after": _keys(typed.get("after", "")),
        "hours": _number(typed.get("hours", "")),
        "joins": typed.get("joins", ""),
    }


def _keys(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _languages(typed: Typed, name: str) -> dict[str, str]:
    return {one: typed.get(f"{name}_{one}", "").strip() for one in catalogue.LANGUAGES}


def _number(text: str) -> int | str:
    """A whole number; anything else stays, so that the check can say what is wrong with it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text  # noqa: PLR2004


def publish(work: UnitOfWork, meant: Mapping[str, Any], reason: str) -> int:
    """Publish an item as its next version; answers the version.

    Raises:
        ItemInvalid: names the field.
        DiagramRejected, NeedsChange: as any deployment.
    """
    key = str(meant.get("key") or "")
    if not _KEY.fullmatch(key):
        advice = "write small letters, digits and hyphens, such as new-laptop."
        raise ItemInvalid(key, "key", advice)
    if not reason.strip():
        raise ItemInvalid(key, "reason", "say what is new, for whoever reads the history.")
    item = catalogue.read(meant)
    asked = {one for kind, _, one in (e.partition(":") for e in item.entitled) if kind != "role"}
    named = {*asked, *(s.group for s in item.steps), *(s.joins for s in item.steps), item.approver}
    unknown = sorted(named - {""} - {group.key for group in people.directory(work)})
    if unknown:
        raise ItemInvalid(key, "group", f"there are no groups {', '.join(unknown)}.")
    bundles = {one.key for one in catalogue.every(work) if one.bundle}
    nested = sorted(bundles & {part.key for part in item.bundle})
    if nested:
        raise ItemInvalid(key, "bundle", f"{', '.join(nested)} is a bundle itself. Name its items.")
    file = f"workflows/{KIND}/{key}.json"
    content = orjson.dumps(meant, option=orjson.OPT_INDENT_2)
    [answer] = definitions.deploy(work, {file: content}, reason.strip())
    return int(answer["version"])


def written(reader: Reader, key: str) -> Mapping[str, Any]:
    """The document of an item, on offer or not.

    Raises:
        NotOnOffer: there is none.
    """
    found: Mapping[str, Any] = {}
    if key in reader.runtime.catalogue.active(reader.connection).keys(KIND):
        found = reader.runtime.catalogue.document(reader.connection, KIND, key)
    if not found:
        raise catalogue.NotOnOffer(key)
    return found


def categories(items: Iterable[catalogue.Item]) -> list[str]:
    """Categories that are in use, to choose from."""
    return sorted({item.category for item in items})
