"""The value of one form field: what was sent, made clean, or why it is refused.

Every function returns `(value, errors)`; a value with errors is not used. What a page sends is
text, what the API sends is typed; both are read here, to the same clean value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import regex

from engine.errors import FieldError

Read: TypeAlias = tuple[object, list[FieldError]]
Options: TypeAlias = Sequence[Mapping[str, object]]
Limits: TypeAlias = Mapping[str, object]

LINE = 1_000  #: characters that a text field takes when its form sets no limit
PAGE = 20_000  #: characters that a text area takes when its form sets no limit
DIGITS = 30  #: characters of a number
MAGNITUDE = 16  #: powers of ten; 1e999999 would become an integer of a million digits
#: A pattern comes from an uploaded form, the text from anybody: bound their product.
PATTERN_SECONDS = 0.05
_EMAIL = regex.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = regex.compile(r"\+[1-9]\d{3,14}")
_CONTROL = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def is_blank(sent: object, kind: str) -> bool:
    """Whether a field was left empty; zero and a chosen `false` are values."""
    return sent is None or sent in ("", []) or (kind == "checkbox" and sent is False)


def as_text(value: object) -> str:
    """A value as a page sends it back, and as options are compared."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def empty(kind: str) -> object:
    """What a field left empty gives: False for a box, an empty list for lists, otherwise None."""
    if kind == "checkbox":
        return False
    return [] if kind in {"checklist", "taglist"} else None


def one_of(sent: object, options: Options) -> Read:
    """The option that was chosen, with the option's own type."""
    for option in options:
        if _same(sent, option["value"]):
            return option["value"], []
    return None, [FieldError("choice", _shown(sent))]


def some_of(sent: object, options: Options) -> Read:
    """The options that were chosen, each once, in the order of the form."""
    if not isinstance(sent, list):
        return None, [FieldError("list")]
    unknown = [item for item in sent if not any(_same(item, o["value"]) for o in options)]
    if unknown:
        return None, [FieldError("choice", _shown(unknown[0]))]
    return [o["value"] for o in options if any(_same(item, o["value"]) for item in sent)], []


def tick(sent: object) -> Read:
    """True; an unticked box was read as empty before."""
    return (True, []) if sent is True or sent == "true" else (None, [FieldError("boolean")])


def number(sent: object, component: Mapping[str, object], limits: Limits) -> Read:
    """A number within its limits: int where it is whole, else float; text if the form says so."""
    value = _decimal(sent)
    if value is None:
        return None, [FieldError("number")]
    errors = [*_steps(value, component), *_range(value, limits)]
    if component.get("serializeToString") is True:
        return str(value), errors
    return int(value) if value == value.to_integral_value() else float(value), errors


def text(sent: object, *, long: bool, limits: Limits) -> Read:
    """Text without surrounding space, with plain line ends and no control characters."""
    if not isinstance(sent, str):
        return None, [FieldError("text")]
    value = sent.replace("\r\n", "\n").strip()
    if _CONTROL.search(value) or (not long and ("\n" in value or "\r" in value)):
        return None, [FieldError("control")]
    if not value:
        return None, [FieldError("required")] if limits.get("required") is True else []
    most = limits.get("maxLength")
    longest = int(most) if isinstance(most, int | float) else PAGE if long else LINE
    least = limits.get("minLength")
    errors = []
    if isinstance(least, int | float) and len(value) < least:
        errors.append(FieldError("minLength", least))
    if len(value) > longest:
        errors.append(FieldError("maxLength", longest))
        return value, errors
    return value, [*errors, *_shape(value, limits)]


def moment(sent: object, component: Mapping[str, object], now: datetime) -> Read:
    """A date, a time of day or a moment as ISO text; a moment carries its offset from UTC."""
    subtype = str(component.get("subtype", "datetime"))
    try:
        value = _parse(subtype, str(sent))
    except ValueError:
        return None, [FieldError(subtype)]
    if isinstance(value, datetime) and value.tzinfo is None:
        return None, [FieldError("offset")]
    if component.get("disallowPassedDates") is True and _passed(value, now):
        return None, [FieldError("past")]
    return value.isoformat(), []


def _parse(subtype: str, sent: str) -> date | time:
    if subtype == "date":
        return date.fromisoformat(sent)
    return time.fromisoformat(sent) if subtype == "time" else datetime.fromisoformat(sent)


def _decimal(sent: object) -> Decimal | None:
    if isinstance(sent, bool) or not isinstance(sent, int | float | str) or len(str(sent)) > DIGITS:
        return None
    try:
        value = Decimal(str(sent).strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) < MAGNITUDE else None


def _steps(value: Decimal, component: Mapping[str, object]) -> list[FieldError]:
    digits, increment = component.get("decimalDigits"), component.get("increment")
    exponent = value.normalize().as_tuple().exponent
    errors = []
    if isinstance(digits, int) and isinstance(exponent, int) and -exponent > digits:
        errors.append(FieldError("decimals", digits))
    step = _decimal(increment)
    if step and value % step != 0:
        errors.append(FieldError("step", increment))
    return errors


def _range(value: Decimal, limits: Limits) -> list[FieldError]:
    least, most = _decimal(limits.get("min")), _decimal(limits.get("max"))
    if least is not None and value < least:
        return [FieldError("min", limits["min"])]
    if most is not None and value > most:
        return [FieldError("max", limits["max"])]
    return []


def _shape(value: str, limits: Limits) -> list[FieldError]:
    kind, pattern = limits.get("validationType"), limits.get("pattern")
    if kind == "email" and not _EMAIL.fullmatch(value):
        return [FieldError("email")]
    if kind == "phone" and not _PHONE.fullmatch(value):
        return [FieldError("phone")]
    if isinstance(pattern, str) and pattern and not _matches(pattern, value):
        return [FieldError("pattern", limits.get("patternErrorMessage"))]
    return []


def _matches(pattern: str, value: str) -> bool:
    try:
        return regex.search(pattern, value, timeout=PATTERN_SECONDS) is not None
    except TimeoutError:
        return False


def _passed(value: date | time, now: datetime) -> bool:
    if isinstance(value, datetime):
        return value < now
    return isinstance(value, date) and value < now.date()


def _same(sent: object, value: object) -> bool:
    """Whether what was sent names an option; pages send its text, the API its value."""
    if isinstance(sent, str):
        return sent == as_text(value)
    return type(sent) is type(value) and sent == value


def _shown(sent: object) -> str:
    return as_text(sent)[:40]
