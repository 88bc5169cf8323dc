"""What a program sends, read field by field: every wrong type is said, nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson
from flask import request

from web.errors import CallInvalid

#: What a number in a body may be, so that no moment computed from it is absurd.
_FARTHEST = 2**53
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Body:
    """A JSON object; an absent or null field is its default."""

    def __init__(self, fields: Mapping[str, object], where: str = "") -> None:
        self._fields = fields
        self._where = where

    def text(self, name: str, longest: int, default: str | None = None) -> str:
        """A text without control characters; required where it has no default."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        if len(value) > longest or _CONTROL.search(value):
            raise self._wrong(name, f"at most {longest} characters without control characters")
        if default is None and not value:
            raise self._wrong(name, "a text that is not empty")
        return value

    def prose(self, name: str, longest: int) -> str:
        """A text of people, cut where it is long; empty where it is absent."""
        value = self._get(name, "")
        if not isinstance(value, str):
            raise self._wrong(name, "a text")
        return value[:longest]

    def whole(self, name: str, least: int, default: int | None = None) -> int:
        """A whole number; required where it has no default."""
        value = self._get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, "a whole number")
        if not least <= value <= _FARTHEST:
            raise self._wrong(name, f"a whole number from {least}")
        return value

    def maybe(self, name: str, least: int) -> int | None:
        """A whole number, or None where it is absent."""
        return None if self._fields.get(name) is None else self.whole(name, least)

    def flag(self, name: str) -> bool:
        """True or false; false where it is absent."""
        value = self._get(name, default=False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    @property
    def fields(self) -> Mapping[str, object]:
        """Everything that was sent, for shapes that are not ours."""
        return self._fields

    def texts(self, name: str, most: int) -> tuple[str, ...]:
        """A list of texts; empty where it is absent."""
        value = self._get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(name, "a list of texts")
        if len(value) > most:
            raise self._wrong(name, f"a list of at most {most} texts")
        return tuple(value)

    def mapping(self, name: str) -> Mapping[str, object]:
        """An object; empty where it is absent."""
        value = self._get(name, {})
        if not isinstance(value, dict):
            raise self._wrong(name, "an object")
        return value

    def inner(self, name: str) -> Body:
        """The fields of an object inside this one."""
        return Body(self.mapping(name), f"{self._where}{name}.")

    def _get(self, name: str, default: object) -> object:
        value = self._fields.get(name)
        if value is None and default is None:
            raise self._wrong(name, "there")
        return default if value is None else value

    def _wrong(self, name: str, wanted: str) -> CallInvalid:
        return CallInvalid(f"Field '{self._where}{name}' has to be {wanted}. Nothing was changed.")


def read() -> Body:
    """The body of the present call; an empty one is an object without fields.

    Raises:
        CallInvalid: it is no JSON, nests too deep, or is no object.
    """
    sent = request.get_data()
    try:
        value = orjson.loads(sent) if sent.strip() else {}
    except orjson.JSONDecodeError as error:
        raise CallInvalid(
            f"The body is no JSON: {error.msg} in line {error.lineno}, column {error.colno}. "
            "Nothing was changed.",
        ) from error
    if not isinstance(value, dict):
        raise CallInvalid("The body is no JSON object. Nothing was changed.")
    return Body(value)
