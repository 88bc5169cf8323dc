"""What is wrong with an uploaded file, said in two languages by rules that are known by their ids.

A rule is made once, beside the function that applies it:

    UNREACHED = error("reach.none", ("No path leads to {it}.", "没有路径通向{it}。"), ...)
    yield UNREACHED.at(place.id, it=shown(place))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

ERROR = "error"
WARNING = "warning"
LANGUAGES = ("en", "zh")

#: The same in English and in Chinese.
Pair = tuple[str, str]
_SHOWN = 200  #: characters of an id or expression inside a sentence


class Said(str):
    """An English sentence that carries its Chinese; a plain text is one that has none yet."""

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, zh: str) -> Self:
        """The sentence in both languages."""
        said = super().__new__(cls, en)
        said.zh = zh
        return said

    def filled(self, values: Mapping[str, object]) -> Said:
        """The sentence with its braces filled, each language with values of its own language."""
        english = {name: _brief(str(value)) for name, value in values.items()}
        chinese = {name: _brief(in_language(value, "zh")) for name, value in values.items()}
        return Said(self.format_map(english), self.zh.format_map(chinese))


def in_language(text: object, language: str) -> str:
    """A text in a language; in English where it has no other."""
    return text.zh if language == "zh" and isinstance(text, Said) else str(text)


def _brief(text: str) -> str:
    flat = " ".join(text.split()) if "\n" in text else text
    return flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with an uploaded file, at one element or line."""

    rule: str  #: stable id of the rule, such as `timer.duration`
    severity: str  #: `error` refuses the upload, `warning` does not
    element: str  #: id of the element, field or line; empty for the file as a whole
    message: str  #: what is wrong, one sentence
    advice: str  #: what to do, one sentence
    file: str = ""  #: which of the files that were checked together

    def __str__(self) -> str:
        """The finding as a sentence."""
        return self.text("en")

    def text(self, language: str) -> str:
        """The finding as a sentence in a language."""
        where = f"'{self.element}': " if self.element else ""
        said, advice = in_language(self.message, language), in_language(self.advice, language)
        between = "" if said.endswith("。") or not advice else " "
        return f"{where}{said}{between}{advice}"

    def in_file(self, file: str) -> Finding:
        """The same, with the file it is about."""
        return replace(self, file=file)

    @property
    def refuses(self) -> bool:
        """Whether it refuses the upload."""
        return self.severity == ERROR


@dataclass(frozen=True, slots=True)
class Rule:
    """What a kind of finding means; the words in braces are filled in by each finding."""

    id: str
    severity: str
    says: Said  #: what is wrong
    why: Said  #: what would come of it
    do: Said  #: what to do

    def at(self, element: str, **values: object) -> Finding:
        """A finding of this rule."""
        says, do = self.says.filled(values), self.do.filled(values)
        return Finding(self.id, self.severity, _brief(element), says, do)


def error(rule: str, says: Pair, *, why: Pair, do: Pair) -> Rule:
    """A rule that refuses the upload."""
    return Rule(rule, ERROR, Said(*says), Said(*why), Said(*do))


def warning(rule: str, says: Pair, *, why: Pair, do: Pair) -> Rule:
    """A rule whose findings are only shown."""
    return Rule(rule, WARNING, Said(*says), Said(*why), Said(*do))


def rules_in(module: object) -> list[Rule]:
    """The rules that a module makes, in the order of its text."""
    return [value for value in vars(module).values() if isinstance(value, Rule)]
