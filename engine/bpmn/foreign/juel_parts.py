"""Parts of a FEEL expression under construction, and how JUEL's operators join them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

#: How tightly an operator of FEEL binds.
IF, OR, AND, COMPARE, ADD, TIMES, MINUS, WHOLE = range(8)
_COMPARISONS = {"==": "=", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}


@dataclass(frozen=True, slots=True)
class Part:
    """FEEL of a part of an expression."""

    text: str
    level: int = WHOLE
    truth: bool = False  #: gives true or false, perhaps null
    never_null: bool = False

    def within(self, level: int) -> str:
        """The text, in brackets where the operator around it binds tighter."""
        return self.text if self.level >= level else f"({self.text})"


NULL = Part("null", never_null=True)


def compared(left: Part, sign: str, right: Part) -> Part:
    """A comparison by one of JUEL's signs."""
    equality = sign in ("==", "!=")
    texts = []
    for part in (left, right):
        unsure = equality and part.truth and not part.never_null
        texts.append(f"({part.within(ADD)} = true)" if unsure else part.within(ADD))
    text = f"{texts[0]} {_COMPARISONS[sign]} {texts[1]}"
    # Values of different types compare as null, except with a literal null.
    sure = equality and "null" in texts
    return Part(text, COMPARE, truth=True, never_null=sure)


def negated(part: Part) -> Part:
    """Whether a part does not hold; null does not, as in JUEL."""
    if part.truth and part.never_null:
        return Part(f"not({part.text})", truth=True, never_null=True)
    return Part(f"{part.within(ADD)} != true", COMPARE, truth=True, never_null=True)


def _minus(part: Part) -> Part:
    return Part(f"-{part.within(WHOLE)}", MINUS)


def empty(part: Part) -> Part:
    """Whether there is nothing: null, an empty text or an empty list."""
    text = part.within(ADD)
    return Part(f'{text} = null or {text} = "" or {text} = []', OR, truth=True)


UNARY: Mapping[str, Callable[[Part], Part]] = {"!": negated, "-": _minus, "empty": empty}

#: Methods whose meaning is the same whatever they are called on: arguments -> FEEL.
METHODS: Mapping[tuple[str, int], Callable[..., Part]] = {
    ("equals", 1): lambda on, other: compared(on, "==", other),
    ("isEmpty", 0): empty,
    ("length", 0): lambda on: Part(f"string length({on.text})"),
    ("toLowerCase", 0): lambda on: Part(f"lower case({on.text})"),
    ("toUpperCase", 0): lambda on: Part(f"upper case({on.text})"),
    ("startsWith", 1): lambda on, by: Part(f"starts with({on.text}, {by.text})", truth=True),
    ("endsWith", 1): lambda on, by: Part(f"ends with({on.text}, {by.text})", truth=True),
}
_SIGNS = {
    "==": ("eq", "equals"),
    "!=": ("ne", "notEquals"),
    "<": ("lt", "lowerThan", "lessThan"),
    "<=": ("lte", "lowerThanOrEquals", "lessThanOrEquals"),
    ">": ("gt", "greaterThan"),
    ">=": ("gte", "greaterThanOrEquals"),
}


def _by(sign: str) -> Callable[[Part, Part], Part]:
    return lambda variable, other: compared(variable, sign, other)


def _or_else(variable: Part, other: Part) -> Part:
    text = f"if {variable.text} = null then {other.text} else {variable.text}"
    return Part(text, IF)


#: Flowable's functions on a variable, such as `vars:eq(level, 3)`; the variable comes first.
FUNCTIONS: Mapping[tuple[str, int], Callable[..., Part]] = {
    ("get", 1): lambda variable: variable,
    ("getOrDefault", 2): _or_else,
    ("exists", 1): lambda variable: compared(variable, "!=", NULL),
    ("isEmpty", 1): empty,
    ("empty", 1): empty,
    ("isNotEmpty", 1): lambda variable: negated(empty(variable)),
    ("notEmpty", 1): lambda variable: negated(empty(variable)),
    **{(name, 2): _by(sign) for sign, names in _SIGNS.items() for name in names},
}
#: What Flowable writes before them.
PREFIXES = ("variables", "vars", "var")


def applied(
    table: Mapping[tuple[str, int], Callable[..., Part]], name: str, parts: Sequence[Part]
) -> Part | None:
    """What a method or function gives for its arguments; None where its meaning is not certain."""
    known = table.get((name, len(parts) - (table is METHODS)))
    return None if known is None else known(*parts)
