"""Texts that agents send often: documents in each language with names to fill in (INC-28).

An agent chooses one on a case, reads it as the requester will, changes what has to be changed, and
sends it as a comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from typing import Any, ClassVar

from engine.errors import NotFound, Rejected
from engine.store.unit_of_work import Reader
from itil import people
from itil.cases import Case

KIND = "answer"
LANGUAGES = ("en", "zh")
#: What a text may name: fields of the case that its requester may see, and both people.
NAMES = ("number", "summary", "service", "priority", "requester", "agent", "resolution")
LONGEST = 10_000  #: characters of a text, as a comment takes them


class AnswerInvalid(Rejected):
    """An answer cannot be like this."""

    code: ClassVar[str] = "answer.invalid"

    def __init__(self, key: object, field: str, advice: str) -> None:
        super().__init__(f"Answer '{key}', '{field}': {advice}")


class AnswerNotFound(NotFound):
    """There is no such answer for this kind of case."""

    code: ClassVar[str] = "answer.not-found"

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no answer '{key}' for this case. Choose one of the list.")


@dataclass(frozen=True, slots=True)
class Answer:
    """A text to send on cases of some processes."""

    key: str
    name: Mapping[str, str]  #: by language
    text: Mapping[str, str]  #: by language
    processes: tuple[str, ...]  #: empty: all


def check(document: Mapping[str, Any], _: object) -> frozenset[str]:
    """Refuse a document that is no answer.

    Raises:
        AnswerInvalid: names the field and what to do.
    """
    read(document)
    return frozenset()


def read(document: Mapping[str, Any]) -> Answer:
    """The answer of a document.

    Raises:
        AnswerInvalid: names the field and what to do.
    """
    key = str(document.get("key") or "")
    processes = document.get("processes", [])
    if not isinstance(processes, list):
        raise AnswerInvalid(key, "processes", "write a list of processes, or leave it out.")
    texts = {name: _texts(key, document, name) for name in ("name", "text")}
    for language, text in texts["text"].items():
        template = Template(text)
        if not template.is_valid():
            advice = "a '$' stands alone. Write ${name}, or $$ for the sign itself."
            raise AnswerInvalid(key, f"text.{language}", advice)
        unknown = sorted(set(template.get_identifiers()) - set(NAMES))
        if unknown:
            advice = f"nothing is called {', '.join(unknown)}. Write one of {', '.join(NAMES)}."
            raise AnswerInvalid(key, f"text.{language}", advice)
    return Answer(key, texts["name"], texts["text"], tuple(map(str, processes)))


def _texts(key: str, document: Mapping[str, Any], name: str) -> dict[str, str]:
    found = document.get(name)
    texts = found if isinstance(found, Mapping) else {}
    for language in LANGUAGES:
        text = texts.get(language)
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
            raise AnswerInvalid(key, f"{name}.{language}", "write 1 to 10,000 characters.")
    return {language: str(texts[language]) for language in LANGUAGES}


def fitting(reader: Reader, case: Case) -> list[Answer]:
    """Answers for cases of this kind, by their key."""
    catalogue, connection = reader.runtime.catalogue, reader.connection
    keys = catalogue.active(connection).keys(KIND)
    found = [read(catalogue.document(connection, KIND, key)) for key in keys]
    return [one for one in found if not one.processes or case.process in one.processes]


def filled(reader: Reader, case: Case, key: str, agent: str) -> str:
    """An answer as the requester of a case reads it, in their language.

    Raises:
        AnswerNotFound: there is none for this kind of case.
    """
    found = next((one for one in fitting(reader, case) if one.key == key), None)
    if found is None:
        raise AnswerNotFound(key)
    requester = people.find(reader, case.requester or "")
    names = people.names(reader, [agent])
    values = {
        **{name: getattr(case, name) for name in NAMES if hasattr(case, name)},
        "requester": requester.name if requester else case.requester,
        "agent": names.get(agent, agent),
    }
    language = requester.language if requester else LANGUAGES[0]
    said = {name: "" if value is None else str(value) for name, value in values.items()}
    return Template(found.text[language]).substitute(said)
