"""Reads one expression of JUEL and writes it as FEEL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.bpmn.foreign.juel_words import (
    COUNTERS,
    OBJECTS,
    WORDS,
    NotConvertible,
    Word,
    quoted,
    words,
)

_DEPTH = 40
#: How tightly an operator of FEEL binds.
_IF, _OR, _AND, _COMPARE, _ADD, _TIMES, _MINUS, _WHOLE = range(8)
_NAME = re.compile(r"[^\W\d]\w*")
_COMPARISONS = {"==": "=", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}


@dataclass(frozen=True, slots=True)
class _Part:
    """FEEL of a part of an expression."""

    text: str
    level: int = _WHOLE
    truth: bool = False  #: gives true or false, perhaps null
    never_null: bool = False

    def within(self, level: int) -> str:
        """The text, in brackets where the operator around it binds tighter."""
        return self.text if self.level >= level else f"({self.text})"


class Parser:
    """Recursive descent over the grammar of JUEL; each method gives FEEL of what it has read."""

    def __init__(self, text: str) -> None:
        self._words = words(text)
        self._at = 0
        self._depth = 0

    def read(self) -> str:
        """FEEL of the whole expression."""
        part = self._choice()
        if self._next.kind != "end":
            raise NotConvertible(f"'{self._next.text}' at this place")
        return part.text

    @property
    def _next(self) -> Word:
        return self._words[self._at]

    def _take(self, *signs: str) -> str:
        """The operator that comes next if it is one of these, else nothing."""
        word = self._next
        sign = WORDS.get(word.text, "") if word.kind == "name" else word.text
        if word.kind not in ("sign", "name") or sign not in signs:
            return ""
        self._at += 1
        return sign

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise NotConvertible(f"an expression without its '{sign}'")

    def _choice(self) -> _Part:
        self._depth += 1
        if self._depth > _DEPTH:
            raise NotConvertible(f"nesting deeper than {_DEPTH}")
        part = self._either()
        if self._take("?"):
            yes = self._choice()
            self._expect(":")
            no = self._choice()
            part = _Part(f"if {part.text} then {yes.text} else {no.text}", _IF)
        self._depth -= 1
        return part

    def _either(self) -> _Part:
        part = self._both()
        while self._take("||"):
            other = self._both()
            text = f"{part.within(_OR)} or {other.within(_AND)}"
            part = _Part(text, _OR, truth=True, never_null=part.never_null and other.never_null)
        return part

    def _both(self) -> _Part:
        part = self._equal()
        while self._take("&&"):
            other = self._equal()
            text = f"{part.within(_AND)} and {other.within(_COMPARE)}"
            part = _Part(text, _AND, truth=True, never_null=part.never_null and other.never_null)
        return part

    def _equal(self) -> _Part:
        part = self._ordered()
        while sign := self._take("==", "!="):
            part = _compared(part, sign, self._ordered())
        return part

    def _ordered(self) -> _Part:
        part = self._sum()
        while sign := self._take("<", ">", "<=", ">="):
            part = _compared(part, sign, self._sum())
        return part

    def _sum(self) -> _Part:
        part = self._product()
        while sign := self._take("+", "-"):
            other = self._product()
            part = _Part(f"{part.within(_ADD)} {sign} {other.within(_TIMES)}", _ADD)
        return part

    def _product(self) -> _Part:
        part = self._unary()
        while sign := self._take("*", "/", "%"):
            other = self._unary()
            if sign == "%":
                part = _Part(f"modulo({part.text}, {other.text})")
            else:
                part = _Part(f"{part.within(_TIMES)} {sign} {other.within(_MINUS)}", _TIMES)
        return part

    def _unary(self) -> _Part:
        signs = []
        while sign := self._take("!", "-", "empty"):
            signs.append(sign)
        part = self._value()
        for sign in reversed(signs[-_DEPTH:]):
            part = _UNARY[sign](part)
        if len(signs) > _DEPTH:
            raise NotConvertible(f"nesting deeper than {_DEPTH}")
        return part

    def _value(self) -> _Part:
        part, plain = self._primary()
        while True:
            if self._take("."):
                part = self._property(part, plain)
            elif self._take("["):
                part = self._index(part, plain)
                self._expect("]")
            elif self._take("("):
                raise NotConvertible(f"the call of '{part.text}'")
            else:
                break
            plain = ""
        if plain in OBJECTS:
            raise NotConvertible(f"the engine's object '{plain}'")
        return part

    def _primary(self) -> tuple[_Part, str]:
        """A literal, a name or brackets; and the name if it is one."""
        word = self._next
        if self._take("("):
            part = self._choice()
            self._expect(")")
            return part, ""
        self._at += 1
        if word.kind == "text":
            return _Part(quoted(word.text)), ""
        if word.kind == "number":
            return _Part(word.text), ""
        if word.text in ("true", "false", "null"):
            return _Part(word.text, truth=word.text != "null", never_null=True), ""
        if word.kind != "name" or word.text in WORDS:
            raise NotConvertible(f"'{word.text}' at this place" if word.text else "an empty text")
        if word.text in OBJECTS:
            return _Part(word.text), word.text
        colon, name, bracket = (*self._words[self._at :], *[word] * 3)[:3]
        if colon.text == ":" and bracket.text == "(" and name.kind == "name":
            raise NotConvertible(f"the call of '{word.text}:{name.text}'")
        _check(word.text)
        return _Part(COUNTERS.get(word.text, word.text)), word.text

    def _property(self, part: _Part, plain: str) -> _Part:
        word = self._next
        if word.kind != "name":
            raise NotConvertible(f"a property '{word.text}'")
        self._at += 1
        called = self._next.text == "(" and self._next.kind == "sign"
        if plain == "execution":
            return self._execution(word.text, called=called)
        if called:
            raise NotConvertible(f"the call of '{word.text}'")
        if plain in OBJECTS - {"variables"}:
            raise NotConvertible(f"the engine's object '{plain}'")
        _check(word.text)
        return _Part(word.text if plain == "variables" else f"{part.within(_WHOLE)}.{word.text}")

    def _execution(self, name: str, *, called: bool) -> _Part:
        """What is asked of the execution: a variable, or the business key."""
        if called and name == "getVariable":
            self._expect("(")
            word = self._next
            self._at += word.kind == "text"
            self._expect(")")
            if word.kind == "text" and _NAME.fullmatch(word.text):
                return _Part(word.text)
        if not called and name in ("businessKey", "processBusinessKey"):
            return _Part("number")
        raise NotConvertible(f"'execution.{name}'")

    def _index(self, part: _Part, plain: str) -> _Part:
        word = self._next
        self._at += 1
        if word.kind == "text" and _NAME.fullmatch(word.text):
            before = "" if plain == "variables" else part.within(_WHOLE) + "."
            return _Part(before + word.text)
        if word.kind == "number" and word.text.isdigit() and plain not in OBJECTS:
            # FEEL counts from 1, JUEL from 0.
            return _Part(f"{part.within(_WHOLE)}[{int(word.text) + 1}]")
        raise NotConvertible(f"the index '{word.text}'")


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise NotConvertible(f"the name '{name}'")


def _compared(left: _Part, sign: str, right: _Part) -> _Part:
    equality = sign in ("==", "!=")
    texts = []
    for part in (left, right):
        unsure = equality and part.truth and not part.never_null
        texts.append(f"({part.within(_ADD)} = true)" if unsure else part.within(_ADD))
    text = f"{texts[0]} {_COMPARISONS[sign]} {texts[1]}"
    # Values of different types compare as null, except with a literal null.
    sure = equality and "null" in texts
    return _Part(text, _COMPARE, truth=True, never_null=sure)


def _not(part: _Part) -> _Part:
    if part.truth and part.never_null:
        return _Part(f"not({part.text})", truth=True, never_null=True)
    return _Part(f"{part.within(_ADD)} != true", _COMPARE, truth=True, never_null=True)


def _minus(part: _Part) -> _Part:
    return _Part(f"-{part.within(_WHOLE)}", _MINUS)


def _empty(part: _Part) -> _Part:
    text = part.within(_ADD)
    return _Part(f'{text} = null or {text} = "" or {text} = []', _OR, truth=True)


_UNARY = {"!": _not, "-": _minus, "empty": _empty}
