"""Values in tables that people open with a spreadsheet."""

from __future__ import annotations

#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """A value as text that no spreadsheet reckons."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
