"""Reading DMN files: hardened XML, and walking it without regard to the DMN version.

The versions 1.1 to 1.5 differ in namespace and in what they add; names of elements stayed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from lxml import etree

from engine.feel.errors import DmnError

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no public name for the type

LARGEST: Final = 5_000_000
#: Cells of all tables of a file: more cannot be read, and checking them would hold up the server.
MOST_CELLS: Final = 10_000
#: Others, such as UTF-7, say to a browser something else than to us.
ENCODINGS: Final = frozenset(
    ("UTF-8", "UTF-16", "US-ASCII", "ASCII", "ISO-8859-1", "WINDOWS-1252", "GBK", "GB18030")
)
NAMESPACES: Final = frozenset(
    (
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",  # 1.1
        "http://www.omg.org/spec/DMN/20180521/MODEL/",  # 1.2
        "https://www.omg.org/spec/DMN/20191111/MODEL/",  # 1.3, Camunda Modeler
        "https://www.omg.org/spec/DMN/20211108/MODEL/",  # 1.4
        "https://www.omg.org/spec/DMN/20230324/MODEL/",  # 1.5
    )
)


def parse_dmn(source: bytes) -> Element:
    """The `definitions` element of a DMN file.

    No DTD, entity or network is ever touched; nesting is limited to 256 levels by libxml2.

    Raises:
        DmnError: not XML, too large, with a DOCTYPE, or not DMN 1.1 to 1.5.
    """
    if len(source) > LARGEST:
        raise DmnError(f"The file has {len(source)} bytes; DMN files may have {LARGEST}. Split it.")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        parser.feed(source)
        root = parser.close()
    except etree.XMLSyntaxError as error:
        raise DmnError(f"The file is not XML: {error.msg}. Export it once more.") from None
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    if encoding.upper() not in ENCODINGS:
        raise DmnError(f"The file's encoding is '{encoding}'. Save it as UTF-8.")
    if root.getroottree().docinfo.doctype:
        raise DmnError("The file has a DOCTYPE, which is never read. Remove that line.")
    cells = sum(1 for _ in root.iter("{*}inputEntry", "{*}outputEntry"))
    if cells > MOST_CELLS:
        raise DmnError(
            f"Its tables have {cells:,} cells; a file may have {MOST_CELLS:,}. Split it."
        )
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise DmnError(
            f"The file's root is '{name.text}', not DMN 1.1 to 1.5. Upload one of these."
        )
    return root


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


def children(element: Element, *names: str) -> Iterator[Element]:
    """The elements directly below that have one of these names, in order; all without names."""
    for child in element:
        if isinstance(child.tag, str) and (not names or local_name(child) in names):
            yield child


def child(element: Element | None, *names: str) -> Element | None:
    """The first element directly below with one of these names."""
    return None if element is None else next(children(element, *names), None)


def text_at(element: Element | None, *path: str) -> str:
    """The text of the element at a path of names, without outer space; empty if there is none."""
    for name in path:
        element = child(element, name)
    return "" if element is None else (element.text or "").strip()


def attribute(element: Element | None, name: str) -> str:
    """An attribute's value without outer space; empty if there is none."""
    return "" if element is None else (element.get(name) or "").strip()
