"""Whatever a foreign file holds, it is converted, judged or refused; nothing crashes or is lost."""

from __future__ import annotations

import time
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.bpmn import lint, reader
from engine.bpmn.foreign import layout, pools, skeleton
from engine.bpmn.foreign.convert import Converted, convert
from engine.bpmn.foreign.sketch import Groups
from engine.errors import DiagramRejected
from engine.topics import Topics
from tests.unit.bpmn.foreign.files import NAMESPACES

#: Seconds of processor time that one small file may take.
LIMIT = 2.0

NODES = st.sampled_from(
    [
        "startEvent", "endEvent", "task", "userTask", "serviceTask", "scriptTask", "sendTask",
        "receiveTask", "businessRuleTask", "manualTask", "callActivity", "exclusiveGateway",
        "inclusiveGateway", "parallelGateway", "eventBasedGateway", "complexGateway",
        "intermediateCatchEvent", "intermediateThrowEvent", "subProcess", "adHocSubProcess",
        "choreographyTask", "dataObject", "textAnnotation",
    ]
)  # fmt: skip
IDS = st.sampled_from(["a", "b", "c", "d", "e", "a-b", "1x", "ä", "a b", ""])
TEXTS = st.sampled_from(
    [
        "", "x", "${x}", "${a.b('c')}", "#{x > 1}", "${", "}", "=x", "= ", "Yes", "PT5M", "${d}",
        "0 0 9 * * ?", "R3/PT1H", "${vars:eq(x, 1)}", "${x ? 1 : 'n'}", "${!empty x}", "²", "a,b",
        "embedded:app:forms/a.html", "${execution.getVariable('x')}", "\n", "名称", "'", '"', "--",
    ]
)  # fmt: skip
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "name", "camunda:assignee", "camunda:candidateGroups", "flowable:candidateUsers",
            "camunda:dueDate", "camunda:priority", "camunda:formKey", "camunda:class",
            "camunda:delegateExpression", "activiti:expression", "camunda:resultVariable",
            "camunda:type", "camunda:topic", "camunda:decisionRef", "calledElement",
            "camunda:asyncBefore", "flowable:skipExpression", "signavio:odd", "scriptFormat",
            "messageRef", "attachedToRef", "default", "triggeredByEvent", "isForCompensation",
        ]
    ),
    TEXTS | IDS,
    max_size=4,
)  # fmt: skip
EXTENSIONS = st.sampled_from(
    [
        "",
        '<camunda:taskListener event="create" class="a.B"/>',
        '<camunda:formData><camunda:formField id="f" type="enum"/></camunda:formData>',
        '<activiti:formProperty id="g" type="long"/>',
        (
            '<camunda:inputOutput><camunda:inputParameter name="i">${x}</camunda:inputParameter>'
            '<camunda:outputParameter name="o"><camunda:list><camunda:value>1</camunda:value>'
            "</camunda:list></camunda:outputParameter></camunda:inputOutput>"
        ),
        '<camunda:in source="a" target="b"/>',
        "<signavio:meta key='k'/>",
        "<camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle>",
    ]
)
INSIDE = st.sampled_from(
    [
        "",
        "<documentation>kept</documentation>",
        "<messageEventDefinition/>",
        "<timerEventDefinition><timeDuration>${d}</timeDuration></timerEventDefinition>",
        "<errorEventDefinition errorRef='E'/>",
        "<multiInstanceLoopCharacteristics camunda:collection='l'/>",
        "<script>a = 1</script>",
        "<standardLoopCharacteristics/>",
    ]
)


def quoted(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace('"', "&quot;")
        .replace("\n", "&#10;")
    )


@st.composite
def nodes(draw: Callable[..., object], depth: int = 0) -> str:
    tag, identity, attributes = draw(NODES), str(draw(IDS)), draw(ATTRIBUTES)
    assert isinstance(attributes, dict)
    extension, inside = draw(EXTENSIONS), draw(INSIDE)
    written = "".join(f' {name}="{quoted(text)}"' for name, text in attributes.items())
    written += f' id="{identity}"' if identity else ""
    if tag == "subProcess" and depth < 2:
        inside = "".join(draw(st.lists(nodes(depth + 1), max_size=3)))  # type: ignore[arg-type]
    around = f"<extensionElements>{extension}</extensionElements>" if extension else ""
    return f"<{tag}{written}>{around}{inside}</{tag}>"


@st.composite
def flows(draw: Callable[..., object]) -> str:
    condition = str(draw(TEXTS))
    inner = f"<conditionExpression>{quoted(condition)}</conditionExpression>" if condition else ""
    ends = f'sourceRef="{draw(IDS)}" targetRef="{draw(IDS)}"'
    return f"<sequenceFlow {ends}>{inner}</sequenceFlow>"


@st.composite
def files(draw: Callable[..., object]) -> bytes:
    processes = []
    for number in range(int(str(draw(st.integers(1, 2))))):
        body = [*draw(st.lists(nodes(), max_size=7)), *draw(st.lists(flows(), max_size=7))]  # type: ignore[misc]
        mark = draw(st.sampled_from(["", 'isExecutable="true"', 'isExecutable="false"']))
        processes.append(f'<process id="p{number}" {mark}>{"".join(body)}</process>')
    return f"<definitions {NAMESPACES}>{''.join(processes)}</definitions>".encode()


def judged(source: bytes) -> Converted | None:
    """Everything that importing a file does with it; None where it is refused in words."""
    begun = time.process_time()
    try:
        found = convert(source, "a.bpmn")
    except DiagramRejected:
        return None
    drawn = layout.with_layout(found.source, "a.bpmn")
    known = lint.Known(Topics(), frozenset(found.forms))
    pools.origins(source, "a.bpmn")
    pools.lanes(drawn, "a.bpmn")
    for pool in pools.pools(drawn, "a.bpmn"):
        chosen = pools.choose(drawn, "a.bpmn", pool.id)
        try:
            lint.check(reader.read(chosen, "a.bpmn"), known)
            made = skeleton.build(chosen, "a.bpmn", Groups("desk"), known, found.forms)
        except DiagramRejected:
            continue
        lint.check(reader.read(made.source, "a.bpmn"), known)
    assert time.process_time() - begun < LIMIT
    return found


@given(files())
@settings(max_examples=150, deadline=None)
def test_any_foreign_file_is_converted_and_what_it_held_is_still_there(source: bytes) -> None:
    found = judged(source)

    assert found is not None
    again = convert(found.source, "a.bpmn")
    assert again.source == found.source
    assert not again.forms
    before, after = etree.XML(source), etree.XML(found.source)
    drawn = "//*[namespace-uri()='http://www.omg.org/spec/BPMN/20100524/MODEL']/@id"
    assert set(before.xpath(drawn)) <= set(after.xpath(drawn))
    texts = "count(//*[local-name()='documentation'])"
    assert before.xpath(texts) == after.xpath(texts)
    vendors = "count(//*[namespace-uri()='http://www.signavio.com'])"
    assert before.xpath(vendors) == after.xpath(vendors)


@given(files(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_file_that_is_cut_or_damaged_is_refused_in_words_or_taken(
    source: bytes, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(source)))
    harm = data.draw(
        st.sampled_from([b"", b"<", b"&x;", b"\x00", b"\xff", b'"', b"</process>", b"]]>", b"<a>"])
    )
    length = data.draw(st.integers(0, 40))

    judged(source[:at])
    judged(source[:at] + harm + source[at + length :])


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_anything_that_is_no_xml_is_refused_in_words(source: bytes) -> None:
    judged(source)
