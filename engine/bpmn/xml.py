"""The one place that parses uploaded XML: hardened, with limits on bytes, depth and nodes."""

from __future__ import annotations

from typing import NoReturn

from lxml import etree

from engine.errors import DiagramRejected, Finding

MAX_BYTES = 4_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 60_000

#: Others, such as UTF-7, say to a browser something else than to us.
ENCODINGS = frozenset(
    {"UTF-8", "UTF-16", "US-ASCII", "ASCII", "ISO-8859-1", "WINDOWS-1252", "GBK", "GB18030"}
)

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"


def parse(source: bytes, name: str) -> etree._Element:
    """The root element of an XML file.

    Raises:
        DiagramRejected: too large, too deep, not well-formed, or with a DOCTYPE.
    """
    if len(source) > MAX_BYTES:
        _refuse(
            name,
            "xml.size",
            f"The file has {len(source):,} bytes.",
            f"The limit is {MAX_BYTES:,}.",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(source, parser)  # noqa: TID251 - the hardened place
    except (etree.XMLSyntaxError, ValueError) as error:
        _refuse(name, "xml.syntax", f"This is not well-formed XML: {error}.", "Save it again.")
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    if encoding.upper() not in ENCODINGS:
        _refuse(name, "xml.encoding", f"Its encoding is '{encoding}'.", "Save it as UTF-8.")
    if root.getroottree().docinfo.doctype:
        _refuse(name, "xml.doctype", "The file has a DOCTYPE.", "Remove it: entities are unsafe.")
    _limit(root, name)
    return root


def _limit(root: etree._Element, name: str) -> None:
    count = 0
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_DEPTH:
            _refuse(name, "xml.depth", f"Elements nest deeper than {MAX_DEPTH}.", "Flatten them.")
        if count > MAX_ELEMENTS:
            _refuse(name, "xml.nodes", f"There are over {MAX_ELEMENTS:,} elements.", "Split it.")


def _refuse(name: str, rule: str, message: str, advice: str) -> NoReturn:
    raise DiagramRejected(name, [Finding(rule, "error", "", message, advice)])


def local(element: etree._Element) -> str:
    """The tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def line(element: etree._Element) -> int:
    """The line on which an element begins, for findings about elements without id."""
    return int(element.sourceline or 0)
