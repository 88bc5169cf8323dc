"""Files as they are uploaded: each recognised, all of them checked together, nothing stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath, PurePosixPath
from typing import Any, TypeAlias

import orjson

from engine.bpmn import form_schema, forms, lint, reader
from engine.bpmn.drawing import Drawing
from engine.bpmn.lint.people import MEMBER_BY
from engine.bpmn.lint.rule import Fields, Known, Names
from engine.errors import DiagramRejected, EngineError
from engine.feel import dmn
from engine.feel.dmn.check import check as check_tables
from engine.feel.errors import DmnError
from engine.findings import Finding, error
from engine.topics import Topics

#: JSON documents by kind.
Documents: TypeAlias = Mapping[str, Sequence[Mapping[str, Any]]]
#: Keys of documents and forms by kind.
Keys: TypeAlias = Mapping[str, frozenset[str]]
#: Refuses a document; gets its content and the keys that exist once it is deployed. Answers the
#: names of the messages that it will send to processes.
DocumentCheck: TypeAlias = Callable[[Mapping[str, Any], Keys], frozenset[str]]

#: Bytes of a form or a document: far more than anybody writes, little enough to take apart.
MOST_JSON = 1_000_000

KIND = error(
    "file.kind",
    ("A file of this kind is not taken.", "不接受这种文件。"),
    why=("Nothing here could run it.", "这里没有什么能运行它。"),
    do=(
        "Only .bpmn, .dmn, .form and .json are taken.",
        "只接受 .bpmn、.dmn、.form 和 .json 文件。",
    ),
)
TWICE = error(
    "file.twice",
    ("{kind} '{key}' is also in {other}.", "{other} 中也有 {kind} '{key}'。"),
    why=("Which of the two is meant could not be told.", "无法得知指的是哪一个。"),
    do=("Send one of them.", "请只发送其中一个。"),
)
JSON = error(
    "json.syntax",
    ("This is not JSON: {reason}.", "这不是 JSON:{reason}。"),
    why=("The file is damaged, or of another kind.", "文件已损坏,或者是其他类型。"),
    do=("Save it again.", "请重新保存。"),
)
JSON_SIZE = error(
    "json.size",
    ("The file has {count} bytes.", "文件有 {count} 字节。"),
    why=("No form or document needs that much.", "没有表单或文档需要这么大。"),
    do=(f"The limit is {MOST_JSON:,}.", f"上限为 {MOST_JSON:,}。"),
)
OBJECT = error(
    "json.object",
    ("The file holds no JSON object.", "文件中没有 JSON 对象。"),
    why=("Its settings are found by their names.", "其中的设置通过名称找到。"),
    do=("Write one object, in braces.", "请写一个用花括号括起的对象。"),
)
DMN = error(
    "dmn.read",
    ("{reason}", "无法读取 DMN 模型:{reason}"),
    why=("There is no decision in it that could be asked.", "其中没有可以询问的决策。"),
    do=("Save it as DMN 1.3 again.", "请重新保存为 DMN 1.3。"),
)
CALLED = error(
    "decision.called",
    (
        "Process '{process}' calls it here. There is no decision '{decision}'.",
        "流程 '{process}' 在此调用它。没有决策 '{decision}'。",
    ),
    why=("Its open cases would be refused at this task.", "其未结案例会在此任务处被拒绝。"),
    do=("Keep the decision's id.", "请保留该决策的 id。"),
)
DOCUMENT_KIND = error(
    "document.kind",
    ("It is no document of a known kind.", "它不是已知类型的文档。"),
    why=("Nothing reads it.", "没有任何程序读取它。"),
    do=(
        "Give the file, or its folder, the name of its kind: {known}.",
        "请以其类型命名文件或所在文件夹:{known}。",
    ),
)
DOCUMENT_KEY = error(
    "document.key",
    ("It does not say its own key.", "它没有写明自己的键。"),
    why=("Others refer to it by the key.", "其他内容通过键引用它。"),
    do=('Write "key": "..." into it.', '请在其中写 "key": "..."。'),
)
DOCUMENT = error(
    "document.refused",
    ("{reason}", "文档无法使用:{reason}"),
    why=("What refers to it could not rely on it.", "引用它的内容无法依赖它。"),
    do=("Correct it there.", "请在该处更正。"),
)
# What an escalation does is drawn, so one that no diagram catches silently never happens.
SENT = error(
    "document.message",
    (
        "It sends message '{name}', which no diagram catches.",
        "它发送消息 '{name}',但没有流程图捕获它。",
    ),
    why=("What should follow from it would never happen.", "随后应发生的事永远不会发生。"),
    do=(
        "Draw an event that catches it, or name another message.",
        "请画一个捕获它的事件,或使用其他消息名称。",
    ),
)
PROMISED = error(
    "message.promised",
    (
        "{file} sends it message '{name}', which nothing would catch any more.",
        "{file} 向它发送消息 '{name}',此后将没有任何元素捕获它。",
    ),
    why=("What should follow from it would never happen.", "随后应发生的事永远不会发生。"),
    do=(
        "Keep the event that catches it, or deploy the other file without the message too.",
        "请保留捕获它的事件,或同时部署不再发送该消息的文件。",
    ),
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file with what it is; without kind where it could not even be read."""

    kind: str  #: process, decision, form, or a kind of document
    key: str  #: process id, or the name by which others refer to it
    name: str
    file: str
    source: bytes
    content: object = None  #: drawing, model or JSON object
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What files are checked against, beside one another."""

    topics: Topics
    documents: Mapping[str, DocumentCheck]
    names: Callable[[Documents], Names]
    now: datetime


def recognise(files: Mapping[str, bytes], kinds: Collection[str]) -> list[Upload]:
    """What each file is. `kinds` are those of documents; keys of `files` are paths.

    Forms are referred to by their path without suffix, decisions by the ids inside.
    """
    return [_recognised(PurePosixPath(file), files[file], kinds) for file in sorted(files)]


def _recognised(path: PurePosixPath, source: bytes, kinds: Collection[str]) -> Upload:
    file = str(path)
    blank = Upload("", "", path.name, file, source)
    try:
        if path.suffix == ".bpmn":
            drawing = reader.read(source, path.name)
            return Upload("process", drawing.process_id, drawing.name, file, source, drawing)
        if path.suffix == ".dmn":
            return Upload("decision", path.stem, path.stem, file, source, dmn.load(source))
        if path.suffix == ".form":
            return _form(str(path.with_suffix("")).removeprefix("forms/"), blank)
        if path.suffix == ".json":
            return _document(path, blank, kinds)
    except DiagramRejected as refused:
        return replace(blank, findings=refused.findings)
    except DmnError as wrong:
        return replace(blank, findings=wrong.findings or (DMN.at("", reason=wrong),))
    return replace(blank, findings=(KIND.at(""),))


def _form(key: str, blank: Upload) -> Upload:
    schema, wrong = _json(blank.source)
    found = wrong or forms.check(schema)
    name = str(schema.get("id") or key)
    return replace(blank, kind="form", key=key, name=name, content=schema, findings=tuple(found))


def _document(path: PurePosixPath, blank: Upload, kinds: Collection[str]) -> Upload:
    kind = kind_of(path, kinds)
    if not kind:
        return replace(blank, findings=(DOCUMENT_KIND.at("", known=", ".join(sorted(kinds))),))
    content, wrong = _json(blank.source)
    key = content.get("key")
    if not wrong and (not isinstance(key, str) or not key):
        wrong = [DOCUMENT_KEY.at("key")]
    key = "" if wrong else str(key)
    return replace(blank, kind=kind, key=key, name=key, content=content, findings=tuple(wrong))


def kind_of(path: PurePath, kinds: Collection[str]) -> str:
    """The kind of a JSON document by the name of its file or folder; empty for others."""
    kind = path.stem if path.stem in kinds else path.parent.name.removesuffix("s")
    return kind if kind in kinds else ""


def _json(source: bytes) -> tuple[dict[str, Any], list[Finding]]:
    if len(source) > MOST_JSON:
        return {}, [JSON_SIZE.at("", count=f"{len(source):,}")]
    try:
        document = orjson.loads(source)
    except orjson.JSONDecodeError as wrong:
        return {}, [JSON.at(f"line {wrong.lineno}", reason=wrong.msg)]
    return (document, []) if isinstance(document, dict) else ({}, [OBJECT.at("")])


def findings(
    uploads: Sequence[Upload], deployed: Sequence[Upload], around: Around
) -> list[Finding]:
    """Everything about files that are to take their places beside what is deployed."""
    whole = {(u.kind, u.key): u for u in (*deployed, *uploads) if u.kind}
    known = knowledge(whole.values(), around)
    kinds = {*around.documents, "form"}
    documents = {kind: frozenset(k for of, k in whole if of == kind) for kind in kinds}
    found = []
    for upload in uploads:
        found += [one.in_file(upload.file) for one in upload.findings]
        if not any(one.refuses for one in upload.findings):
            found += [one.in_file(upload.file) for one in _about(upload, known, around, documents)]
    found += _twice(uploads)
    found += _still_called(uploads, deployed, known)
    return [*found, *_still_promised(uploads, deployed, known, around, documents)]


def _about(upload: Upload, known: Known, around: Around, documents: Keys) -> Iterable[Finding]:
    if isinstance(upload.content, Drawing):
        return lint.check(upload.content, known)
    if isinstance(upload.content, dmn.Model):
        return [found.finding for found in check_tables(upload.content)]
    if upload.kind not in around.documents or not isinstance(upload.content, Mapping):
        return []
    try:
        sent = around.documents[upload.kind](upload.content, documents)
    except EngineError as wrong:
        told: Sequence[Finding] = getattr(wrong, "findings", ())
        places = [(one.element, f"{one.message} {one.advice}") for one in told]
        return [DOCUMENT.at(at, reason=text) for at, text in places or [("", str(wrong))]]
    return [SENT.at("", name=name) for name in sorted(sent - _caught(known))]


def _caught(known: Known) -> frozenset[str]:
    return frozenset().union(*(drawing.catches for drawing in known.processes.values()))


def knowledge(uploads: Iterable[Upload], around: Around) -> Known:
    """What a diagram may refer to where these files are deployed."""
    documents: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    models: dict[str, dmn.Model] = {}
    processes: dict[str, Drawing] = {}
    existing: set[str] = set()
    fields: dict[str, Fields] = {}
    for upload in uploads:
        content = upload.content
        if isinstance(content, Drawing):
            processes[upload.key] = content
        elif isinstance(content, dmn.Model):
            models |= dict.fromkeys(content.decisions, content)
        elif isinstance(content, Mapping) and upload.kind == "form":
            existing.add(upload.key)
            if not upload.findings:
                fields[upload.key] = _fields(content)
        elif isinstance(content, Mapping):
            documents[upload.kind].append(content)
    return Known(
        topics=around.topics,
        forms=frozenset(existing),
        decisions=_Inputs(models),
        processes=processes,
        fields=fields,
        names=around.names(documents),
        now=around.now,
    )


class _Inputs(Mapping[str, tuple[str, ...]]):
    """The inputs of each decision, worked out only when asked: a long chain takes its time."""

    def __init__(self, models: Mapping[str, dmn.Model]) -> None:
        self._models = models

    def __getitem__(self, decision: str) -> tuple[str, ...]:
        return self._models[decision].inputs(decision)

    def __iter__(self) -> Iterator[str]:
        return iter(self._models)

    def __len__(self) -> int:
        return len(self._models)


def _fields(schema: Mapping[str, object]) -> Fields:
    found: dict[str, frozenset[str] | None] = {}
    for component in form_schema.inputs(schema):
        chosen = component.get("type") in form_schema.CHOICES and component.get("values")
        options = form_schema.written_options(component) if chosen else []
        texts = frozenset(o["value"] for o in options if isinstance(o["value"], str))
        found[str(component.get("key"))] = texts or None
    return found


def _twice(uploads: Sequence[Upload]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for upload in uploads:
        other = seen.setdefault((upload.kind, upload.key), upload.file)
        if upload.key and other != upload.file:
            found = TWICE.at("", kind=upload.kind, key=upload.key, other=other)
            yield found.in_file(upload.file)


def _still_called(
    uploads: Sequence[Upload], deployed: Sequence[Upload], known: Known
) -> Iterator[Finding]:
    """Tables without a decision that a deployed process goes on calling."""
    new = {(upload.kind, upload.key) for upload in uploads}
    files = {
        decision: before.file
        for before in deployed
        if (before.kind, before.key) in new and isinstance(before.content, dmn.Model)
        for decision in before.content.decisions
        if decision not in known.decisions
    }
    for process in deployed:
        if (process.kind, process.key) in new or not isinstance(process.content, Drawing):
            continue
        for place in process.content.places.values():
            for called in (place.settings.decision, place.settings.properties.get(MEMBER_BY, "")):
                if called in files:
                    found = CALLED.at(place.id, process=process.key, decision=called)
                    yield found.in_file(files[called])


def _still_promised(
    uploads: Sequence[Upload],
    deployed: Sequence[Upload],
    known: Known,
    around: Around,
    documents: Keys,
) -> Iterator[Finding]:
    """Messages of documents that stay, which a diagram stops catching."""
    new = {(upload.kind, upload.key): upload for upload in uploads}
    lost = {
        name: new[before.kind, before.key].file
        for before in deployed
        if (before.kind, before.key) in new and isinstance(before.content, Drawing)
        for name in before.content.catches - _caught(known)
    }
    for document in deployed if lost else ():
        check = around.documents.get(document.kind)
        if (document.kind, document.key) in new or check is None:
            continue
        content: Any = document.content
        for name in sorted(check(content, documents) & lost.keys()):
            yield PROMISED.at("", file=document.file, name=name).in_file(lost[name])
