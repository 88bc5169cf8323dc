"""FEEL text as tokens.

Names of several words are put together by the parser, because only the scope says where they
end: `order date - 1` may be one name or three.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from engine.feel.errors import FeelSyntaxError

LONGEST: Final = 100_000
#: Emoji are name characters in FEEL but not word characters in Python.
_EMOJI: Final = "\U0001f000-\U0001faff"
_SPACE: Final = r"\s\u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
_TOKEN: Final = re.compile(
    rf"""
    (?P<space>(?:[{_SPACE}]+|//[^\n]*|/\*.*?\*/)+)
  | (?P<comment>/\*)
  | (?P<double>==)
  | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>(?:[^\W\d]|[{_EMOJI}])[\w'{_EMOJI}]*|\?[\w?']*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<sign>\.\.|\*\*|<=|>=|!=|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|([ntr\"'\\]))")
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


class Token(NamedTuple):
    """A piece of the text; `kind` is number, name, string, sign or end."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The tokens of a text, the last of kind `end`; space and comments fall away.

    Raises:
        FeelSyntaxError: a string or comment does not end, or the text has more than 100,000
            characters.
    """
    if len(text) > LONGEST:
        raise FeelSyntaxError(text, LONGEST, f"at most {LONGEST} characters")
    found: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        kind = match.lastgroup if match else None
        if match is None or kind is None or match.group() == '"':
            raise FeelSyntaxError(text, position, 'a closing "')
        if kind == "comment":
            raise FeelSyntaxError(text, position, "a comment that ends with */")
        if kind == "double":
            # `x == y` would else read as `x = (= y)` and silently never hold.
            raise FeelSyntaxError(text, position, "a single =, which is how FEEL compares")
        if kind != "space":
            found.append(Token(kind, match.group(), position, match.end()))
        position = match.end()
    found.append(Token("end", "", position, position))
    return found


def unquoted(token: str) -> str:
    """The text of a string token, escapes replaced; surrogate pairs become one character."""
    plain = _ESCAPE.sub(_unescaped, token[1:-1])
    if any("\ud800" <= character <= "\udfff" for character in plain):
        # Half a pair is no character: no database and no JSON reader would take it.
        return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return plain


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2]
    if digits is None:
        return _ESCAPED[match[3]]
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF else match[0]  # noqa: PLR2004 - the last code point
