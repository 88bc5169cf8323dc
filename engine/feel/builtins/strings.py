"""Functions of strings."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from engine.feel import regexes
from engine.feel.budget import Run
from engine.feel.builtins.registry import Subject
from engine.feel.values import Value

strings: Final = Subject()


@strings.running("substring", "string: string, start position: position, length?: position?")
def _substring(run: Run, text: str, start: int, length: int | None = None) -> str | None:
    run.charge_text(len(text))
    if start == 0 or abs(start) > len(text) or (length is not None and length < 1):
        return None
    begin = start - 1 if start > 0 else len(text) + start
    return text[begin:] if length is None else text[begin : begin + length]


@strings.function("string length", "string: string")
def _length(text: str) -> Decimal:
    return Decimal(len(text))


@strings.running("upper case", "string: string")
def _upper(run: Run, text: str) -> str:
    run.charge_text(len(text))
    return text.upper()


@strings.running("lower case", "string: string")
def _lower(run: Run, text: str) -> str:
    run.charge_text(len(text))
    return text.lower()


@strings.running("substring before", "string: string, match: string")
def _before(run: Run, text: str, match: str) -> str:
    run.charge_text(len(text))
    return text.partition(match)[0] if match and match in text else ""


@strings.running("substring after", "string: string, match: string")
def _after(run: Run, text: str, match: str) -> str:
    run.charge_text(len(text))
    return text.partition(match)[2] if match else text


@strings.running("contains", "string: string, match: string")
def _contains(run: Run, text: str, match: str) -> bool:
    run.charge_text(len(text))
    return match in text


@strings.function("starts with", "string: string, match: string")
def _starts_with(text: str, match: str) -> bool:
    return text.startswith(match)


@strings.function("ends with", "string: string, match: string")
def _ends_with(text: str, match: str) -> bool:
    return text.endswith(match)


@strings.running("matches", "input: string, pattern: string, flags?: string?")
def _matches(run: Run, text: str, pattern: str, flags: str | None = None) -> bool | None:
    return regexes.search(run, text, pattern, flags or "")


@strings.running("replace", "input: string, pattern: string, replacement: string, flags?: string?")
def _replace(
    run: Run, text: str, pattern: str, replacement: str, flags: str | None = None
) -> str | None:
    return regexes.replace(run, text, pattern, replacement, flags or "")


@strings.running("split", "string: string, delimiter: string")
def _split(run: Run, text: str, delimiter: str) -> list[str] | None:
    run.charge_text(len(text))
    return regexes.split(run, text, delimiter)


@strings.running("string join", "list: list, delimiter?: string?")
def _join(run: Run, items: list[Value], delimiter: str | None = None) -> str | None:
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) != sum(1 for item in items if item is not None):
        return None
    joined = (delimiter or "").join(texts)
    run.charge_text(len(joined))
    return joined


FUNCTIONS: Final = strings.functions()
