"""Reads one expression of JUEL and writes it as FEEL."""

from __future__ import annotations

import re

from engine.bpmn.foreign.juel_parts import (
    ADD,
    AND,
    COMPARE,
    FUNCTIONS,
    IF,
    METHODS,
    MINUS,
    NULL,
    OR,
    PREFIXES,
    TIMES,
    UNARY,
    WHOLE,
    Part,
    applied,
    compared,
)
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
_NAME = re.compile(r"[^\W\d]\w*")


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

    def _choice(self) -> Part:
        self._depth += 1
        if self._depth > _DEPTH:
            raise NotConvertible(f"nesting deeper than {_DEPTH}")
        part = self._either()
        if self._take("?"):
            yes = self._choice()
            self._expect(":")
            no = self._choice()
            part = Part(f"if {part.text} then {yes.text} else {no.text}", IF)
        self._depth -= 1
        return part

    def _either(self) -> Part:
        part = self._both()
        while self._take("||"):
            other = self._both()
            text = f"{part.within(OR)} or {other.within(AND)}"
            part = Part(text, OR, truth=True, never_null=part.never_null and other.never_null)
        return part

    def _both(self) -> Part:
        part = self._equal()
        while self._take("&&"):
            other = self._equal()
            text = f"{part.within(AND)} and {other.within(COMPARE)}"
            part = Part(text, AND, truth=True, never_null=part.never_null and other.never_null)
        return part

    def _equal(self) -> Part:
        part = self._ordered()
        while sign := self._take("==", "!="):
            part = compared(part, sign, self._ordered())
        return part

    def _ordered(self) -> Part:
        part = self._sum()
        while sign := self._take("<", ">", "<=", ">="):
            part = compared(part, sign, self._sum())
        return part

    def _sum(self) -> Part:
        part = self._product()
        while sign := self._take("+", "-"):
            other = self._product()
            part = Part(f"{part.within(ADD)} {sign} {other.within(TIMES)}", ADD)
        return part

    def _product(self) -> Part:
        part = self._unary()
        while sign := self._take("*", "/", "%"):
            other = self._unary()
            if sign == "%":
                part = Part(f"modulo({part.text}, {other.text})")
            else:
                part = Part(f"{part.within(TIMES)} {sign} {other.within(MINUS)}", TIMES)
        return part

    def _unary(self) -> Part:
        signs = []
        while sign := self._take("!", "-", "empty"):
            signs.append(sign)
        part = self._value()
        for sign in reversed(signs[-_DEPTH:]):
            part = UNARY[sign](part)
        if len(signs) > _DEPTH:
            raise NotConvertible(f"nesting deeper than {_DEPTH}")
        return part

    def _value(self) -> Part:
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

    def _primary(self) -> tuple[Part, str]:
        """A literal, a name or brackets; and the name if it is one."""
        word = self._next
        if self._take("("):
            part = self._choice()
            self._expect(")")
            return part, ""
        self._at += 1
        if word.kind == "text":
            return Part(quoted(word.text)), ""
        if word.kind == "number":
            return Part(word.text), ""
        if word.text in ("true", "false", "null"):
            return Part(word.text, truth=word.text != "null", never_null=True), ""
        if word.kind != "name" or word.text in WORDS:
            raise NotConvertible(f"'{word.text}' at this place" if word.text else "an empty text")
        colon, name, bracket = (*self._words[self._at :], *[word] * 3)[:3]
        if colon.text == ":" and bracket.text == "(" and name.kind == "name":
            return self._function(word.text, name.text), ""
        if word.text in OBJECTS:
            return Part(word.text), word.text
        _check(word.text)
        return Part(COUNTERS.get(word.text, word.text)), word.text

    def _property(self, part: Part, plain: str) -> Part:
        word = self._next
        if word.kind != "name":
            raise NotConvertible(f"a property '{word.text}'")
        self._at += 1
        called = self._next.text == "(" and self._next.kind == "sign"
        if plain == "execution":
            return self._execution(word.text, called=called)
        if called and plain not in OBJECTS:
            found = applied(METHODS, word.text, [part, *self._arguments()])
            if found is not None:
                return found
        if called:
            raise NotConvertible(f"the call of '{word.text}'")
        if plain in OBJECTS - {"variables"}:
            raise NotConvertible(f"the engine's object '{plain}'")
        _check(word.text)
        return Part(word.text if plain == "variables" else f"{part.within(WHOLE)}.{word.text}")

    def _execution(self, name: str, *, called: bool) -> Part:
        """What is asked of the execution: a variable, or the business key."""
        if called and name in ("getVariable", "hasVariable"):
            self._expect("(")
            word = self._next
            self._at += word.kind == "text"
            self._expect(")")
            if word.kind == "text" and _NAME.fullmatch(word.text):
                variable = Part(word.text)
                return variable if name == "getVariable" else compared(variable, "!=", NULL)
        if not called and name in ("businessKey", "processBusinessKey"):
            return Part("number")
        raise NotConvertible(f"'execution.{name}'")

    def _function(self, prefix: str, name: str) -> Part:
        """What Flowable's functions on a variable say; its name may stand there as a text."""
        self._at += 2
        at = self._at + 1
        parts = self._arguments()
        first = self._words[at]
        if parts and first.kind == "text" and _NAME.fullmatch(first.text):
            parts[0] = Part(first.text)
        found = applied(FUNCTIONS, name, parts) if prefix in PREFIXES else None
        if found is None or not _NAME.fullmatch(parts[0].text):
            raise NotConvertible(f"the call of '{prefix}:{name}'")
        return found

    def _arguments(self) -> list[Part]:
        """What stands between the brackets of a call."""
        self._expect("(")
        parts: list[Part] = []
        while not self._take(")"):
            if parts:
                self._expect(",")
            parts.append(self._choice())
        return parts

    def _index(self, part: Part, plain: str) -> Part:
        word = self._next
        self._at += 1
        if word.kind == "text" and _NAME.fullmatch(word.text):
            before = "" if plain == "variables" else part.within(WHOLE) + "."
            return Part(before + word.text)
        if word.kind == "number" and word.text.isdigit() and plain not in OBJECTS:
            # FEEL counts from 1, JUEL from 0.
            return Part(f"{part.within(WHOLE)}[{int(word.text) + 1}]")
        raise NotConvertible(f"the index '{word.text}'")


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise NotConvertible(f"the name '{name}'")
