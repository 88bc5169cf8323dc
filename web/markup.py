"""The few marks that people use in texts: headings, lists, bold and code, made safe HTML."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_CODE = re.compile(r"`(.+?)`")
_HEADING = re.compile(r"#{1,4}\s+(.+)")
_ITEM = re.compile(r"[-*]\s+(.+)")


def prose(text: str) -> Markup:
    """Escaped HTML of a text: blank lines part paragraphs, single line ends are kept."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return Markup("\n").join(_block(block) for block in blocks if block)


def _block(block: str) -> Markup:
    lines = block.split("\n")
    heading = _HEADING.fullmatch(block)
    if heading:
        return Markup("<h3>{}</h3>").format(_line(heading[1]))
    items = [_ITEM.fullmatch(line.strip()) for line in lines]
    if all(items):
        inside = Markup("").join(Markup("<li>{}</li>").format(_line(i[1])) for i in items if i)
        return Markup("<ul>{}</ul>").format(inside)
    return Markup("<p>{}</p>").format(Markup("<br>").join(_line(line) for line in lines))


def _line(line: str) -> Markup:
    safe = str(escape(line))
    safe = _BOLD.sub(r"<strong>\1</strong>", safe)
    return Markup(_CODE.sub(r"<code>\1</code>", safe))  # noqa: S704 - escaped two lines above
