"""The one place that parses uploaded XML: hardened, with limits on bytes, depth and nodes."""

from __future__ import annotations

from typing import NoReturn

from lxml import etree

from engine.errors import DiagramRejected
from engine.findings import Rule, error

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

SIZE = error(
    "xml.size",
    ("The file has {count} bytes.", "文件有 {count} 字节。"),
    why=("No diagram needs that much.", "没有流程图需要这么大。"),
    do=(f"The limit is {MAX_BYTES:,}.", f"上限为 {MAX_BYTES:,}。"),
)
SYNTAX = error(
    "xml.syntax",
    ("This is not well-formed XML: {reason}.", "这不是格式良好的 XML:{reason}。"),
    why=("The file is damaged, or of another kind.", "文件已损坏,或者是其他类型。"),
    do=("Save it again.", "请重新保存。"),
)
ENCODING = error(
    "xml.encoding",
    ("Its encoding is '{encoding}'.", "它的编码是 '{encoding}'。"),
    why=(
        "Some encodings say to a browser something else than to us.",
        "某些编码在浏览器中与在这里的含义不同。",
    ),
    do=("Save it as UTF-8.", "请保存为 UTF-8。"),
)
DOCTYPE = error(
    "xml.doctype",
    ("The file has a DOCTYPE.", "文件带有 DOCTYPE。"),
    why=("It can reach other files, or grow without limit.", "它可以读取其他文件,或无限膨胀。"),
    do=("Remove it: entities are unsafe.", "请删除它:实体不安全。"),
)
DEPTH = error(
    "xml.depth",
    (f"Elements nest deeper than {MAX_DEPTH}.", f"元素嵌套超过 {MAX_DEPTH} 层。"),
    why=("Nobody draws like this.", "没有人会这样绘图。"),
    do=("Flatten them.", "请减少嵌套。"),
)
NODES = error(
    "xml.nodes",
    (f"There are over {MAX_ELEMENTS:,} elements.", f"元素超过 {MAX_ELEMENTS:,} 个。"),
    why=("Nobody could read the diagram.", "这样的流程图没有人能读懂。"),
    do=("Split it.", "请拆分它。"),
)


def parse(source: bytes, name: str) -> etree._Element:
    """The root element of an XML file.

    Raises:
        DiagramRejected: too large, too deep, not well-formed, or with a DOCTYPE.
    """
    if len(source) > MAX_BYTES:
        _refuse(name, SIZE, count=f"{len(source):,}")
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
    except (etree.XMLSyntaxError, ValueError) as wrong:
        _refuse(name, SYNTAX, reason=wrong)
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    if encoding.upper() not in ENCODINGS:
        _refuse(name, ENCODING, encoding=encoding)
    if root.getroottree().docinfo.doctype:
        _refuse(name, DOCTYPE)
    _limit(root, name)
    return root


def _limit(root: etree._Element, name: str) -> None:
    count = 0
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_DEPTH:
            _refuse(name, DEPTH)
        if count > MAX_ELEMENTS:
            _refuse(name, NODES)


def _refuse(name: str, rule: Rule, **values: object) -> NoReturn:
    raise DiagramRejected(name, [rule.at("", **values)])


def local(element: etree._Element) -> str:
    """The tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def line(element: etree._Element) -> int:
    """The line on which an element begins, for findings about elements without id."""
    return int(element.sourceline or 0)
