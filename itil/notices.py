"""Notices: worded in the reader's language, addressed, and put into the outbox.

The texts are data (`notices.json` beside a diagram): template -> language -> subject and body with
`${name}` for the values a handler gave. A word that has no value stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from string import Template
from typing import Any

from engine.commands.advance import Progress
from engine.errors import Rejected
from engine.store import outbox
from engine.store.unit_of_work import UnitOfWork
from engine.topics import Notice
from itil import people, timekeeping
from itil.people import Person

LANGUAGES = ("en", "zh")
_NAME = re.compile(r"\$\{(\w+)\}")


class NoticesInvalid(Rejected):
    """A document of notice texts cannot be used."""

    code = "notices.invalid"


def check(document: Mapping[str, Any]) -> None:
    """Refuse a document in which a text is missing.

    Raises:
        NoticesInvalid: names the template and what is missing.
    """
    key, templates = document.get("key"), document.get("texts")
    if not isinstance(templates, dict):
        raise NoticesInvalid(f"Notices '{key}': the 'texts' are missing. Write them by template.")
    for template, texts in templates.items():
        for language in LANGUAGES:
            text = texts.get(language) if isinstance(texts, dict) else None
            for part in ("subject", "body"):
                if not isinstance(text, dict) or not isinstance(text.get(part), str):
                    raise NoticesInvalid(
                        f"Notices '{key}', '{template}': the {part} in '{language}' is missing. "
                        "Write it as a text.",
                    )


def post(work: UnitOfWork, progress: Progress) -> None:
    """Put what handlers want said into the outbox; a subscriber."""
    said: dict[int, int] = {}
    for token, notice in progress.notices:
        said[token] = said.get(token, 0) + 1
        _post(work, progress, notice, f"{progress.instance.id}-{token}.{said[token]}")


def _post(work: UnitOfWork, progress: Progress, notice: Notice, key: str) -> None:
    readers = [person for person in _readers(work, notice) if person.email]
    together: dict[tuple[str, str], list[str]] = {}
    for person in readers:
        together.setdefault((person.language, person.calendar or ""), []).append(person.email)
    for (language, calendar), addresses in together.items():
        subject, body = _worded(work, progress.instance.process_id, notice, language)
        # The same for every try of the same work; a token calls its handler once with success.
        outbox.add(
            work,
            outbox.Letter(
                key=f"{key}.{language}{'.' if calendar else ''}{calendar}",
                channel="mail",
                recipient=", ".join(addresses),
                subject=subject,
                body=body,
                business_key=progress.instance.business_key,
                not_before=_working(work, calendar) if calendar else None,
            ),
        )


def _working(work: UnitOfWork, calendar: str) -> datetime:
    """The first moment of working time from now on in the reader's calendar (SLM-11)."""
    shelf = timekeeping.Shelf(work)
    second = timedelta(seconds=1)
    return shelf[shelf.pin(calendar)].add(work.now, second) - second


def _readers(work: UnitOfWork, notice: Notice) -> list[Person]:
    if notice.to.startswith("mail:"):
        address = notice.to.removeprefix("mail:")
        return [Person(address, address, address, "en", "UTC", active=True, password="")]
    return people.addressed(work, notice.to)


def _worded(work: UnitOfWork, process: str, notice: Notice, language: str) -> tuple[str, str]:
    document = work.runtime.catalogue.document(work.connection, "notices", process)
    texts: Mapping[str, Any] = document["texts"]  # type: ignore[assignment]
    found = texts.get(notice.template)
    if not isinstance(found, dict):
        raise NoticesInvalid(
            f"Notices '{process}' have no text '{notice.template}'. Add it and deploy them again.",
        )
    text = found.get(language) or found["en"]
    subject = " ".join(_filled(text["subject"], notice.values).split())
    return subject, _filled(text["body"], notice.values)


def _filled(text: str, values: Mapping[str, object]) -> str:
    named = dict.fromkeys(_NAME.findall(text), "")
    given = {name: str(value) for name, value in values.items() if name in named}
    return Template(text).safe_substitute({**named, **given})
