"""Makes a legal BPMN file explicit where other products leave something to be understood."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import PurePosixPath

from lxml import etree

from engine.bpmn.foreign.conversion import FAMILY, Conversion, is_node, namespace
from engine.bpmn.xml import BPMN, ZEEBE, local

_MODELER = "http://camunda.org/schema/modeler/1.0"
#: Besides BPMN itself: what runs here, and what only says how something looks or is typed.
_KNOWN = frozenset(
    {
        "",
        namespace(BPMN),
        namespace(ZEEBE),
        _MODELER,
        "http://www.w3.org/2001/XMLSchema-instance",
        "http://www.w3.org/XML/1998/namespace",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
    },
)
#: Of the family, and without any meaning here: every task is a transaction of its own, history is
#: kept, and versions are numbered.
_IDLE = frozenset(
    {
        "async",
        "asyncAfter",
        "asyncBefore",
        "autoStoreVariables",
        "exclusive",
        "historyTimeToLive",
        "isStartableInTasklist",
        "jobPriority",
        "modelerTemplate",
        "modelerTemplateIcon",
        "modelerTemplateVersion",
        "taskPriority",
        "versionTag",
    },
)
#: What to do about a setting that changed how the process ran.
_TOLD = {
    "skipExpression": "Draw a gateway around it, with the opposite as the condition.",
    "triggerable": "Draw a receive task behind it, which waits for the answer.",
}
#: What sends or waits by itself.
_TALKS = ("sendTask", "receiveTask", "serviceTask")
_REFERENCES = (
    "messageRef",
    "errorRef",
    "escalationRef",
    "signalRef",
    "processRef",
    "sourceRef",
    "targetRef",
    "attachedToRef",
    "default",
)


def ids(conversion: Conversion) -> None:
    """Give an id to processes, flow nodes and sequence flows that have none."""
    taken = {e.get("id") for e in conversion.root.iter() if e.get("id")}
    counts: Counter[str] = Counter()
    for element in conversion.model():
        kind = local(element)
        known = kind in ("process", "sequenceFlow") or is_node(element)
        if not known or element.get("id"):
            continue
        while not element.get("id"):
            counts[kind] += 1
            identity = f"{kind}_{counts[kind]}"
            if identity not in taken:
                element.set("id", identity)


def references(conversion: Conversion) -> None:
    """Drop the prefix of references such as `tns:Message_1` where the id has none."""
    known = {e.get("id") for e in conversion.root.iter() if e.get("id")}
    for element in conversion.model():
        for name in _REFERENCES:
            prefix, _, rest = (element.get(name) or "").partition(":")
            if rest in known and prefix in element.nsmap:
                element.set(name, rest)


def defaults(conversion: Conversion) -> None:
    """The only flow without a condition out of a gateway that chooses is its default."""
    leaving = defaultdict(list)
    for flow in conversion.each("sequenceFlow"):
        leaving[flow.get("sourceRef")].append(flow)
    for gateway in conversion.each("exclusiveGateway", "inclusiveGateway"):
        flows = leaving[gateway.get("id")]
        if len(flows) < 2 or gateway.get("default"):  # noqa: PLR2004 - a choice
            continue
        bare = [flow for flow in flows if flow.find(BPMN + "conditionExpression") is None]
        if len(bare) == 1:
            gateway.set("default", bare[0].get("id"))


def one_process(conversion: Conversion) -> None:
    """Mark exactly one process as executable: the only one, the one of the name, or the largest."""
    processes = conversion.each("process")
    marked = [p for p in processes if p.get("isExecutable") == "true"]
    if len(marked) == 1:
        return
    drawn = [p for p in processes if any(is_node(e) for e in p)]
    if not drawn:
        conversion.error(
            "process",
            conversion.root,
            "No process has a step: the file shows a choreography, a conversation or empty pools.",
            "Draw the steps of one process.",
        )
        return
    several = [p for p in marked if p in drawn] or drawn
    chosen = several[0] if len(several) == 1 else _choose(conversion, several)
    for process in processes:
        if process is chosen:
            process.set("isExecutable", "true")
        elif process.get("isExecutable") == "true":
            process.set("isExecutable", "false")


def message_flows(conversion: Conversion) -> None:
    """Name the message flows by which tasks of the process that runs seem to talk to others."""
    running = next((p for p in conversion.each("process") if p.get("isExecutable") == "true"), None)
    nodes = {} if running is None else {e.get("id"): e for e in running.iter(BPMN + "*")}
    for flow in conversion.each("messageFlow"):
        for end in ("sourceRef", "targetRef"):
            node = nodes.get(flow.get(end))
            if node is not None and local(node) not in _TALKS and not local(node).endswith("Event"):
                conversion.warning(
                    "message-flow",
                    node,
                    f"The message flow '{flow.get('name') or flow.get('id')}' is only shown.",
                    "Draw a message event where something must be sent or awaited.",
                )


def _choose(conversion: Conversion, several: list[etree._Element]) -> etree._Element:
    wanted = _plain(PurePosixPath(conversion.name).name.partition(".")[0])
    pools = {p.get("processRef"): p.get("name") or "" for p in conversion.each("participant")}
    labels = {p: p.get("name") or pools.get(p.get("id")) or p.get("id") or "" for p in several}
    named = [p for p in several if wanted in (_plain(labels[p]), _plain(p.get("id") or ""))]
    largest = max(several, key=lambda p: sum(is_node(e) for e in p.iter(BPMN + "*")))
    chosen = named[0] if len(named) == 1 else largest
    listed = ", ".join(f"'{label}'" for label in labels.values())
    why = "which has the file's name" if len(named) == 1 else "the largest"
    chosen.set("isExecutable", "true")
    report = conversion.warning if len(named) == 1 else conversion.error
    report(
        "process",
        chosen,
        f"There are {len(several)} processes: {listed}. '{labels[chosen]}', {why}, was chosen.",
        "If another one is meant, mark that one as executable and this one not; other pools are "
        "only shown.",
    )
    return chosen


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()


def strip(conversion: Conversion) -> None:
    """Remove what is left of the family, by name; what other vendors wrote stays, and is counted.

    Other vendors' settings never run here, but the product that wrote them may read the file again.
    """
    stayed: Counter[str] = Counter()
    inside: set[etree._Element] = set()
    for element in [conversion.root, *conversion.model()]:
        parent = element.getparent()
        if parent in inside or local(element) == "documentation":
            inside.add(element)
            continue
        if namespace(element.tag) in FAMILY:
            inside.add(element)
            _lost(conversion, parent, local(element))
            parent.remove(element)
            continue
        if _unknown(element, parent):
            stayed[namespace(element.tag) or "no namespace"] += 1
            inside.add(element)
        _strip_attributes(conversion, element, stayed)
    for uri, count in sorted(stayed.items()):
        conversion.warning(
            "vendor",
            conversion.root,
            f"{count} settings of '{uri}' stay in the file and do nothing here.",
            "They mean something only to the product that wrote the file.",
        )


def empty_extensions(conversion: Conversion) -> None:
    """Remove what held nothing but what was converted."""
    for extension in conversion.each("extensionElements"):
        if len(extension) == 0:
            extension.getparent().remove(extension)


def _unknown(element: etree._Element, parent: etree._Element | None) -> bool:
    if parent is not None and local(parent) == "extensionElements":
        return namespace(element.tag) not in (namespace(ZEEBE), _MODELER)
    return namespace(element.tag) not in _KNOWN


def _strip_attributes(
    conversion: Conversion, element: etree._Element, stayed: Counter[str]
) -> None:
    for attribute in list(element.attrib):
        uri = namespace(attribute)
        if uri in FAMILY:
            del element.attrib[attribute]
            _lost(conversion, element, str(attribute).rpartition("}")[2])
        elif uri not in _KNOWN:
            stayed[uri] += 1


def _lost(conversion: Conversion, element: etree._Element, word: str) -> None:
    if word in _IDLE:
        return
    advice = _TOLD.get(word, "See docs/importing.md for what is taken.")
    conversion.warning(
        "attribute", element, f"'{word}' has no counterpart here and was left out.", advice
    )


def prepared(root: etree._Element) -> etree._Element:
    """The root with the prefixes of what is going to be written; itself where it has them."""
    prefixes = dict(root.nsmap)
    for prefix, uri in (("zeebe", namespace(ZEEBE)), ("modeler", _MODELER)):
        if uri not in prefixes.values():
            prefixes[prefix] = uri
    if prefixes == root.nsmap:
        return root
    fresh = etree.Element(root.tag, dict(root.attrib), nsmap=prefixes)
    fresh.extend(list(root))
    return fresh


def finished(root: etree._Element) -> None:
    """Mark the file as one for our platform; drop the prefixes of what was converted."""
    root.set(f"{{{_MODELER}}}executionPlatform", "Camunda Cloud")
    root.set(f"{{{_MODELER}}}executionPlatformVersion", "8.9.0")
    # A prefix may be used in a text, such as xsi:type, so others stay whether used or not.
    kept = [prefix for prefix, uri in root.nsmap.items() if prefix and uri not in FAMILY]
    etree.cleanup_namespaces(root, keep_ns_prefixes=kept)
