"""What people call groups and the values of a case, in their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.errors import DefinitionNotFound
from engine.queries import forms
from engine.store.unit_of_work import Reader
from itil import people
from itil.cases import Case, Heading
from web.visit import visit


def group_names(reader: Reader) -> dict[str, str]:
    """Group key -> its name in the reader's language."""
    label = "label:zh" if visit().language == "zh" else "label"
    return {g["value"]: g[label] for g in people.group_choices(reader.connection)}


@dataclass(frozen=True, slots=True)
class Values:
    """What the forms of each process call the values of its fields."""

    forms: Mapping[str, Mapping[str, Mapping[str, str]]]

    def service(self, case: Case | Heading) -> str:
        """The service of a case in words."""
        return self._word(case.process, "service", case.service)

    def category(self, case: Case) -> str:
        """The category of a case in words."""
        return self._word(case.process, "category", case.category)

    def fields(self, process: str) -> Mapping[str, Mapping[str, str]]:
        """Field -> value -> word, of one process."""
        return self.forms.get(process, {})

    def _word(self, process: str, field: str, value: str | None) -> str:
        """A value in words; the value itself where no form names it."""
        return self.forms.get(process, {}).get(field, {}).get(value or "", value or "")


def values(reader: Reader, processes: Iterable[str]) -> Values:
    """The words of these processes."""
    language = visit().language
    return Values({key: _labels(reader, key, language) for key in set(processes)})


def _labels(reader: Reader, process: str, language: str) -> Mapping[str, Mapping[str, str]]:
    """The words of the form that classifies, or of all forms where there is none of that name."""
    found = forms.labels(reader, f"{process}/classify", language)
    if found:
        return found
    catalogue, connection = reader.runtime.catalogue, reader.connection
    try:
        definition_id = catalogue.id_of(connection, "process", process)
    except DefinitionNotFound:
        return {}
    asked = forms.asked(reader, definition_id, language)
    return {field.key: field.words for field in asked if field.words}
