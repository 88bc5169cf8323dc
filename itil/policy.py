"""The change policy: a document that every change shows, and four eyes on our own configuration.

What is under control and what counts as major is said in words; whether processes, tables and
levels of this product change by approved changes only is a switch (CHG-02, CHG-34).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from engine.errors import DefinitionNotFound, Forbidden, Rejected
from engine.store.unit_of_work import Reader, UnitOfWork
from itil import changes, configuration, sensitive

KIND = "policy"
KEY = "change"
_NUMBER = re.compile(r"\bCHG-\d+\b")


class PolicyInvalid(Rejected):
    """A policy cannot be like this."""

    code: ClassVar[str] = "policy.invalid"


class NeedsChange(Forbidden):
    """Our own configuration changes by an approved change only, and not by who approved it."""

    code: ClassVar[str] = "policy.needs-change"

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"{why} Processes, tables and levels change by an approved change only: "
            "write its number into the reason."
        )


def check(document: Mapping[str, Any], _: object) -> frozenset[str]:
    """Refuse a document that is no policy.

    Raises:
        PolicyInvalid, SensitiveInvalid: names the field.
    """
    if document.get("key") == sensitive.KEY:
        sensitive.check(document)
    texts = document.get("text")
    for language in ("en", "zh"):
        if not isinstance(texts, Mapping) or not str(texts.get(language) or "").strip():
            raise PolicyInvalid(f"Policy '{document.get('key')}': 'text.{language}' is missing.")
    if not isinstance(document.get("configuration_needs_change", False), bool):
        raise PolicyInvalid("Policy: 'configuration_needs_change' is true or false.")
    return frozenset()


def active(source: Reader | UnitOfWork) -> tuple[Mapping[str, Any], int] | None:
    """The policy with the id of its version; None where there is none."""
    catalogue, connection = source.runtime.catalogue, source.connection
    try:
        return catalogue.document(connection, KIND, KEY), catalogue.id_of(connection, KIND, KEY)
    except DefinitionNotFound:
        return None


def guard(work: UnitOfWork, reason: str) -> None:
    """Let a deployment through only as the policy says; asked before each.

    Raises:
        NeedsChange: no change at work is named, or whoever deploys approved it.
    """
    found = active(work)
    if found is None or not found[0].get("configuration_needs_change"):
        return
    named = _NUMBER.search(reason)
    if named is None:
        raise NeedsChange("The reason names no change.")
    change = changes.get(work, named.group())
    if change is None or change.state not in configuration.AT_WORK:
        state = "unknown" if change is None else change.state
        raise NeedsChange(f"{named.group()} is {state}.")
    if work.actor.name in changes.approvers(work, named.group()):
        raise NeedsChange(f"You approved {named.group()} yourself; let somebody else deploy.")
