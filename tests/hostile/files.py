"""Hostile files: XML that eats the machine, encodings that lie, things that are no XML at all."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from functools import partial

from tests import drawing as draw
from tests.hostile.cage import Case, Ground
from tests.randomly.stored import TENS

PLAIN = draw.diagram(
    draw.start(), draw.user("t"), draw.end(), flows=[("begin", "t"), ("t", "done")]
)
BODY = PLAIN.decode().partition("?>")[2]


def doctype(inside: str, body: str = BODY) -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE d [{inside}]>{body}'.encode()


_LAUGHS = '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
)
_WITH = BODY.replace('name="p"', 'name="&a11;"')
_QUADRATIC = BODY.replace(
    "<bpmn:userTask", f"<bpmn:documentation>{'&a;' * 900}</bpmn:documentation><bpmn:userTask", 1
)


def named(name: str) -> bytes:
    return PLAIN.replace(b'id="t" name="t"', f'id="t" name="{name}"'.encode())


def identified(identity: str) -> bytes:
    return PLAIN.decode().replace('"t"', f'"{identity}"').replace("begin_t", "f1").encode()


def nested(depth: int) -> bytes:
    tags = "<bpmn:subProcess id='s'>" * depth, "</bpmn:subProcess>" * depth
    return BODY.replace("<bpmn:userTask", f"{tags[0]}{tags[1]}<bpmn:userTask", 1).encode()


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("p.bpmn", PLAIN)
    return packed.getvalue()


#: What is wrong with any XML, in a diagram and in a decision table alike.
XML: dict[str, tuple[bytes, str, bool]] = {
    "billion laughs": (doctype(_LAUGHS, _WITH), "DOCTYPE|syntax|XML", True),
    "quadratic blow-up": (
        doctype(f'<!ENTITY a "{"a" * 500_000}">', _QUADRATIC),
        "DOCTYPE|XML",
        True,
    ),
    "external entity": (
        doctype('<!ENTITY a SYSTEM "file:///etc/passwd">', BODY.replace('name="p"', 'name="x"')),
        "DOCTYPE",
        True,
    ),
    "external entity in use": (
        doctype(
            '<!ENTITY a SYSTEM "file:///etc/passwd">',
            BODY.replace("<bpmn:userTask", "&a;<bpmn:userTask", 1),
        ),
        "DOCTYPE|XML",
        False,
    ),
    "external DTD": (
        f'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd">{BODY}'.encode(),
        "DOCTYPE",
        False,
    ),
    "parameter entities": (
        doctype('<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;'),
        "DOCTYPE|XML",
        True,
    ),
    "entities that name each other": (
        doctype('<!ENTITY a "&b;"><!ENTITY b "&a;">', BODY.replace('name="p"', 'name="&a;"')),
        "DOCTYPE|XML",
        False,
    ),
    "4 MB of elements": (b"<a>" + b"<b/>" * 900_000 + b"</a>", "", False),
    "4 MB of opened elements": (b"<a>" * 1_300_000, "XML|deep", True),
    "4 MB of attributes": (
        b"<a " + b" ".join(b'a%d=""' % n for n in range(300_000)) + b"/>",
        "",
        False,
    ),
    "4 MB of namespaces": (
        b"<a " + b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(120_000)) + b"/>",
        "",
        False,
    ),
    "10,000 deep": (nested(10_000), "XML|deep", True),
    "150 deep": (nested(150), "deep|root|DMN", False),
    "UTF-16 declared as UTF-8": (
        b'<?xml version="1.0" encoding="UTF-8"?>' + BODY.encode("utf-16"),
        "XML",
        True,
    ),
    "broken bytes": (named("\x00").replace(b"\x00", b"\xc3\x28\xff"), "XML", True),
    "UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>' + BODY.encode("utf-7"), "encoding", True),
    "an unknown encoding": (b'<?xml version="1.0" encoding="evil"?>' + BODY.encode(), "XML", False),
    "NUL": (PLAIN.replace(b"<bpmn:userTask", b"\x00<bpmn:userTask", 1), "XML", True),
    "a control character": (named("&#1;"), "XML", False),
    "half a surrogate": (named("&#xD800;"), "XML", False),
    "an undefined prefix": (PLAIN.replace(b"<bpmn:userTask", b"<x:userTask", 1), "XML", False),
    "gzip": (gzip.compress(PLAIN), "XML", False),
    "zip": (zipped(), "XML", True),
    "nothing": (b"", "XML", True),
    "a byte order mark and nothing": (b"\xef\xbb\xbf", "XML", False),
    "half a file": (PLAIN[: len(PLAIN) // 2], "XML", False),
    "HTML": (b"<html><script>alert(1)</script></html>", "BPMN|DMN", False),
    "JSON": (b'{"a": 1}', "XML", False),
    "a stylesheet": (b'<?xml-stylesheet href="file:///etc/passwd"?><a/>', "BPMN|DMN", False),
}

#: Diagrams that only look hostile, or are in their ids and names.
DIAGRAMS: dict[str, tuple[bytes, str, bool]] = {
    "XInclude": (
        PLAIN.replace(
            b"<bpmn:userTask",
            b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
            b"<bpmn:userTask",
            1,
        ),
        "",
        True,
    ),
    "processing instructions": (
        PLAIN.replace(b"<bpmn:userTask", b"<?php system('id') ?><bpmn:userTask", 1),
        "",
        False,
    ),
    "no namespace": (PLAIN.replace(b"bpmn:", b"").replace(b"xmlns:bpmn", b"x"), "not a BPMN", True),
    "another prefix": (
        PLAIN.replace(b"bpmn:", b"b:").replace(b"xmlns:bpmn", b"xmlns:b"),
        "",
        False,
    ),
    "the prefix of another namespace": (
        PLAIN.replace(b"http://www.omg.org/spec/BPMN/20100524/MODEL", b"http://evil"),
        "not a BPMN",
        True,
    ),
    "a namespace of its own inside": (
        PLAIN.replace(
            b"<bpmn:userTask", b'<userTask xmlns="http://evil" id="u"/><bpmn:userTask', 1
        ),
        "",
        False,
    ),
    "a byte order mark": (b"\xef\xbb\xbf" + PLAIN, "", False),
    "UTF-16 declared as such": (
        f'<?xml version="1.0" encoding="UTF-16"?>{BODY}'.encode("utf-16"),
        "",
        False,
    ),
    "Latin 1 declared as such": (
        b'<?xml version="1.0" encoding="ISO-8859-1"?>'
        + BODY.replace('name="p"', 'name="Ä"').encode("latin-1"),
        "",
        False,
    ),
    "an attribute of 1 MB": (named("x" * 1_000_000), "", True),
    "an id of 100 KB": (identified("x" * 100_000), "id.form", True),
    "an id that is an address": (identified("../../etc/passwd"), "id.form", True),
    "an id with markup": (identified("&lt;script&gt;"), "id.form", False),
    "an id written from right to left": (identified("\u202eksat"), "id.form", True),
    "an id with a zero-width space": (identified("t\u200b"), "id.form", True),
    "an id with a line break": (identified("t&#10;x"), "id.form", False),
    "an empty id": (identified(""), "id.missing", True),
    "duplicate ids": (PLAIN.replace(b'id="done"', b'id="t"'), "id.duplicate", True),
    "a sub-process inside one of its own id": (
        draw.diagram(
            draw.start(),
            draw.sub("t", draw.sub("t", draw.user("u"), flows=())),
            draw.end(),
            flows=[("begin", "t"), ("t", "done")],
        ),
        "id.duplicate",
        True,
    ),
    "a flow with the id of a task": (
        PLAIN.replace(b'id="begin_t"', b'id="t"'),
        "id.duplicate",
        False,
    ),
    "a process with the id of a task": (
        PLAIN.replace(b'process id="p"', b'process id="t"'),
        "",
        False,
    ),
    "a flow to nowhere": (
        PLAIN.replace(b'targetRef="t"', b'targetRef="?"'),
        "flow.unconnected",
        True,
    ),
    "a flow to itself": (
        draw.diagram(draw.start(), draw.user("t"), flows=[("begin", "t"), ("t", "t")]),
        "",
        False,
    ),
    "an event attached to itself": (
        draw.diagram(
            draw.start(),
            draw.user("t"),
            draw.boundary("b", "b", draw.timer("PT1H")),
            flows=[("begin", "t")],
        ),
        "boundary.host",
        True,
    ),
    "events attached to each other": (
        draw.diagram(
            draw.start(),
            draw.user("t"),
            draw.boundary("b", "c", draw.timer("PT1H")),
            draw.boundary("c", "b", draw.timer("PT1H")),
            flows=[("begin", "t")],
        ),
        "boundary.host",
        False,
    ),
    "two processes": (
        PLAIN.replace(b"</bpmn:definitions>", PLAIN[PLAIN.index(b"<bpmn:process") :]),
        "",
        False,
    ),
    "a process in a process": (
        PLAIN.replace(
            b"<bpmn:userTask", b"<bpmn:process id='q' isExecutable='true'/><bpmn:userTask", 1
        ),
        "unsupported",
        False,
    ),
    "no process": (draw.HEAD.encode() + b"</bpmn:definitions>", "0 executable", True),
}


#: Made only where they are used.
HUGE: dict[str, Callable[[], bytes]] = {
    "100 MB of spaces": lambda: PLAIN + b" " * 100_000_000,
    "100 MB of elements": lambda: b"<a>" + b"<b/>" * 25_000_000 + b"</a>",
    "100 MB of JSON": lambda: b'{"components": [' + b"[]," * 33_000_000 + b"[]]}",
}


def _make(ground: Ground, huge: Callable[[], bytes]) -> None:
    ground.kept["huge"] = huge()


def _deploy_huge(ground: Ground, file: str) -> None:
    ground.deploy(ground.kept["huge"], file)


def _deploy(ground: Ground, source: bytes = b"", file: str = "p.bpmn") -> None:
    ground.deploy(source, file)


def cases() -> list[Case]:
    """Every hostile file, as a diagram and where it may be one as a decision table."""
    found = [
        Case(f"bpmn: {name}", partial(_deploy, source=source), says, quick=quick)
        for name, (source, says, quick) in (XML | DIAGRAMS).items()
    ]
    for name, (source, says, _) in XML.items():
        table = source.replace(BODY.encode(), TENS)
        act = partial(_deploy, source=table, file="t.dmn")
        found.append(Case(f"dmn: {name}", act, says))
    for name, huge in HUGE.items():
        for file in ("p.bpmn", "t.dmn", "forms/f.form"):
            made, quick = partial(_make, huge=huge), (name, file) == ("100 MB of spaces", "p.bpmn")
            send = partial(_deploy_huge, file=file)
            found.append(Case(f"{file}: {name}", send, "bytes", made, quick=quick))
    return found
