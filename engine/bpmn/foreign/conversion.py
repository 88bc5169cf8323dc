"""One conversion under way: the tree that is being rewritten, and what was found on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.bpmn.foreign import juel
from engine.bpmn.xml import BPMN, ZEEBE, line, local
from engine.findings import Finding, Said

#: Activiti and what descends from it: one vocabulary in five namespaces.
FAMILY = frozenset(
    {
        "http://activiti.org/bpmn",
        "http://flowable.org/bpmn",
        "http://camunda.org/schema/1.0/bpmn",
        "http://operaton.org/schema/1.0/bpmn",
        "http://www.camunda.com/fox",
    },
)
PREFIXES = tuple(f"{{{uri}}}" for uri in sorted(FAMILY))
#: Drools, jBPM and Kogito.
JBOSS = "{http://www.jboss.org/drools}"
#: Characters of expressions in one file: more than any diagram has, and a second of work.
_BUDGET = 100_000
_SHOWN = 120  #: characters of a foreign text in a finding
_NODE = re.compile(r".+(?:Event|Task|Gateway)|task|subProcess|transaction|callActivity")


def is_node(element: etree._Element) -> bool:
    """Whether an element of a process is a flow node."""
    return str(element.tag).startswith(BPMN) and (
        _NODE.fullmatch(local(element)) is not None or local(element) == "adHocSubProcess"
    )


def namespace(tag: object) -> str:
    """The namespace of a tag or attribute name."""
    text = str(tag)
    return text[1:].partition("}")[0] if text.startswith("{") else ""


def shown(text: str) -> str:
    """A foreign text for a sentence: on one line, and not too long."""
    short = " ".join(text.split())
    return short if len(short) <= _SHOWN else short[: _SHOWN - 1] + "…"


class Conversion:
    """The tree, the findings, and the forms that were found inside it."""

    def __init__(self, root: etree._Element, name: str) -> None:
        self.root = root
        self.name = name
        self.findings: list[Finding] = []
        self.forms: dict[str, bytes] = {}
        self._budget = _BUDGET

    def model(self) -> Iterator[etree._Element]:
        """Every element but those of the layout; what is removed meanwhile is skipped."""
        for top in list(self.root):
            if isinstance(top.tag, str) and local(top) != "BPMNDiagram":
                yield from [e for e in top.iter() if isinstance(e.tag, str)]

    def each(self, *tags: str) -> list[etree._Element]:
        """The BPMN elements of these kinds, in the order of the file."""
        return list(self.root.iter(*(BPMN + tag for tag in tags)))

    def error(self, rule: str, element: etree._Element, message: str, advice: str) -> None:
        """Somebody must decide something before the diagram runs."""
        self._report("error", rule, element, message, advice)

    def warning(self, rule: str, element: etree._Element, message: str, advice: str) -> None:
        """The diagram runs, but not in every way as before."""
        self._report("warning", rule, element, message, advice)

    def _report(
        self, severity: str, rule: str, element: etree._Element, message: str, advice: str
    ) -> None:
        whole = element is self.root
        if severity == "error" and _only_shown(element):
            severity = "warning"
        where = message if whole or not line(element) else at_line(line(element), message)
        found = Finding(f"import.{rule}", severity, "" if whole else place(element), where, advice)
        self.findings.append(found)

    def feel(self, element: etree._Element, what: str, text: str) -> str:
        """A literal as it stands, an expression as `=feel`.

        What cannot be converted comes back with `=` before it, so that the check of an upload
        refuses it at its element until somebody has written FEEL there.
        """
        text = text.strip()
        if not juel.is_expression(text):
            return text
        try:
            return "=" + self._within_budget(text)
        except juel.NotConvertible as reason:
            self.error(
                "expression",
                element,
                f"The {what} `{shown(text)}` cannot be converted: {reason}",
                "Write it as FEEL, or let a service task compute it into a variable.",
            )
            return text if text.startswith("=") else "=" + text

    def convertible(self, text: str) -> str:
        """An expression as `=feel`; nothing where it is a literal or cannot be converted."""
        try:
            return "=" + self._within_budget(text.strip()) if juel.is_expression(text) else ""
        except juel.NotConvertible:
            return ""

    def _within_budget(self, text: str) -> str:
        self._budget -= len(text)
        if self._budget < 0:
            raise juel.NotConvertible(f"a file with over {_BUDGET:,} characters of expressions")
        return juel.to_feel(text)


def at_line(number: int, message: str) -> str:
    """A message with its line; a `Said` keeps its Chinese."""
    english = f"Line {number}: {message}"
    if isinstance(message, Said):
        return Said(english, f"第 {number} 行:{message.zh}")
    return english


def _only_shown(element: etree._Element) -> bool:
    """Whether an element lies in a process that does not run, such as another party's pool."""
    around: etree._Element | None = element
    while around is not None and around.tag != BPMN + "process":
        around = around.getparent()
    return around is not None and around.get("isExecutable") != "true"


def place(element: etree._Element) -> str:
    """The id of an element, or of the nearest one around it, else its line."""
    around: etree._Element | None = element
    while around is not None:
        if around.get("id") and local(around) != "definitions":
            return str(around.get("id"))
        around = around.getparent()
    return f"line {line(element)}" if line(element) else ""


# -- reading and removing what the family wrote


def take(element: etree._Element, name: str) -> str:
    """Remove an attribute of the family; its text, or nothing."""
    found = ""
    attributes = element.attrib
    for prefix in PREFIXES:
        text = attributes.pop(prefix + name, "").strip()
        found = found or text
    return found


def take_all(element: etree._Element, name: str) -> list[etree._Element]:
    """Remove the extension elements of the family that have this tag."""
    extension = element.find(BPMN + "extensionElements")
    if extension is None:
        return []
    found = inside(extension, name)
    for child in found:
        extension.remove(child)
    return found


def inside(element: etree._Element, *names: str) -> list[etree._Element]:
    """The children in the family's namespaces that have one of these tags."""
    return [
        child
        for child in element
        if isinstance(child.tag, str) and namespace(child.tag) in FAMILY and local(child) in names
    ]


# -- writing zeebe


def zeebe(element: etree._Element, *path: str) -> etree._Element:
    """The zeebe extension element at a path below an element; made where it is not there."""
    found = element.find(BPMN + "extensionElements")
    if found is None:
        found = etree.Element(BPMN + "extensionElements")
        element.insert(len(element.findall(BPMN + "documentation")), found)
    for tag in path:
        child = found.find(ZEEBE + tag)
        found = etree.SubElement(found, ZEEBE + tag) if child is None else child
    return found


def put(element: etree._Element, tag: str, **attributes: str) -> None:
    """Set attributes of a zeebe element; what is empty is left out, what is there wins."""
    given = {name: text for name, text in attributes.items() if text}
    if not given:
        return
    found = zeebe(element, tag)
    for name, text in given.items():
        if not found.get(name):
            found.set(name, text)


def add(element: etree._Element, path: tuple[str, ...], tag: str, **attributes: str) -> None:
    """Append a zeebe element to a list of them."""
    etree.SubElement(zeebe(element, *path), ZEEBE + tag, dict(attributes))
