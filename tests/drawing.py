"""Draws small BPMN files for tests: elements by name, flows as pairs."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="http://x">'
)


def diagram(
    *body: str, flows: Sequence[tuple[str, ...]] = (), pid: str = "p", top: str = ""
) -> bytes:
    """A file with one executable process."""
    inner = "".join(body) + connect(*flows)
    process = f'<bpmn:process id="{pid}" name="{pid}" isExecutable="true">{inner}</bpmn:process>'
    return f"{HEAD}{top}{process}</bpmn:definitions>".encode()


def connect(*flows: tuple[str, ...]) -> str:
    """Sequence flows `(source, target[, condition])`; ids are `source_target`."""
    drawn = []
    for source, target, *condition in flows:
        text = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
            f"{escape(condition[0])}</bpmn:conditionExpression>"
            if condition
            else ""
        )
        drawn.append(
            f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" '
            f'targetRef="{target}">{text}</bpmn:sequenceFlow>',
        )
    return "".join(drawn)


def start(name: str = "begin") -> str:
    return f'<bpmn:startEvent id="{name}"/>'


def end(name: str = "done", inside: str = "") -> str:
    return f'<bpmn:endEvent id="{name}">{inside}</bpmn:endEvent>'


def user(*names: str, group: str = "desk", more: str = "") -> str:
    return "".join(
        f'<bpmn:userTask id="{name}" name="{name}"><bpmn:extensionElements><zeebe:userTask/>'
        f'<zeebe:assignmentDefinition candidateGroups="{group}"/>{more}'
        "</bpmn:extensionElements></bpmn:userTask>"
        for name in names
    )


def service(name: str, handler: str, more: str = "") -> str:
    return (
        f'<bpmn:serviceTask id="{name}"><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="{handler}"/>{more}'
        "</bpmn:extensionElements></bpmn:serviceTask>"
    )


def script(name: str, expression: str, result: str) -> str:
    return (
        f'<bpmn:scriptTask id="{name}"><bpmn:extensionElements>'
        f'<zeebe:script expression="{escape(expression, quote=True)}" resultVariable="{result}"/>'
        "</bpmn:extensionElements></bpmn:scriptTask>"
    )


def exclusive(name: str, default: str = "") -> str:
    chosen = f' default="{default}"' if default else ""
    return f'<bpmn:exclusiveGateway id="{name}"{chosen}/>'


def inclusive(name: str, default: str = "") -> str:
    chosen = f' default="{default}"' if default else ""
    return f'<bpmn:inclusiveGateway id="{name}"{chosen}/>'


def parallel(*names: str) -> str:
    return "".join(f'<bpmn:parallelGateway id="{name}"/>' for name in names)


def choice(name: str) -> str:
    return f'<bpmn:eventBasedGateway id="{name}"/>'


def timer(text: str, kind: str = "timeDuration") -> str:
    return (
        f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"
    )


def message(name: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="m_{name}"/>'


def messages(*names: str, key: str = "") -> str:
    subscription = f'<zeebe:subscription correlationKey="{key}"/>'
    extension = f"<bpmn:extensionElements>{subscription}</bpmn:extensionElements>" if key else ""
    return "".join(f'<bpmn:message id="m_{n}" name="{n}">{extension}</bpmn:message>' for n in names)


def errors(*codes: str) -> str:
    return "".join(
        f'<bpmn:error id="e_{code}" name="{code}" errorCode="{code}"/>' for code in codes
    )


def error(code: str = "") -> str:
    reference = f' errorRef="e_{code}"' if code else ""
    return f"<bpmn:errorEventDefinition{reference}/>"


TERMINATE = "<bpmn:terminateEventDefinition/>"


def catch(name: str, trigger: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="{name}">{trigger}</bpmn:intermediateCatchEvent>'


def boundary(name: str, host: str, trigger: str, *, interrupting: bool = True) -> str:
    flag = "true" if interrupting else "false"
    return (
        f'<bpmn:boundaryEvent id="{name}" attachedToRef="{host}" cancelActivity="{flag}">'
        f"{trigger}</bpmn:boundaryEvent>"
    )


def sub(
    name: str,
    *body: str,
    flows: Sequence[tuple[str, ...]] = (),
    by_event: bool = False,
    kind: str = "subProcess",
) -> str:
    """A sub-process, an event sub-process, or a transaction."""
    flag = ' triggeredByEvent="true"' if by_event else ""
    return f'<bpmn:{kind} id="{name}"{flag}>{"".join(body)}{connect(*flows)}</bpmn:{kind}>'


def throw(name: str, trigger: str) -> str:
    return f'<bpmn:intermediateThrowEvent id="{name}">{trigger}</bpmn:intermediateThrowEvent>'


def begins(name: str, trigger: str, *, interrupting: bool = True) -> str:
    """A start event with a trigger, of a process or of an event sub-process."""
    flag = "true" if interrupting else "false"
    return f'<bpmn:startEvent id="{name}" isInterrupting="{flag}">{trigger}</bpmn:startEvent>'


def signal(name: str) -> str:
    return f'<bpmn:signalEventDefinition signalRef="s_{name}"/>'


def signals(*names: str) -> str:
    return "".join(f'<bpmn:signal id="s_{name}" name="{name}"/>' for name in names)


def escalation(code: str = "") -> str:
    reference = f' escalationRef="x_{code}"' if code else ""
    return f"<bpmn:escalationEventDefinition{reference}/>"


def escalations(*codes: str) -> str:
    return "".join(f'<bpmn:escalation id="x_{c}" name="{c}" escalationCode="{c}"/>' for c in codes)


def link(name: str) -> str:
    return f'<bpmn:linkEventDefinition name="{name}"/>'


def conditional(text: str) -> str:
    return (
        '<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">'
        f"{escape(text)}</bpmn:condition></bpmn:conditionalEventDefinition>"
    )


def inputs(**mapped: str) -> str:
    """Input mappings, as `more` of a task or inside an event."""
    drawn = "".join(
        f'<zeebe:input source="{escape(source, quote=True)}" target="{target}"/>'
        for target, source in mapped.items()
    )
    return f"<zeebe:ioMapping>{drawn}</zeebe:ioMapping>"


def extension(more: str) -> str:
    return f"<bpmn:extensionElements>{more}</bpmn:extensionElements>"


def repeated(
    activity: str,
    items: str,
    item: str = "",
    *,
    results: tuple[str, str] = ("", ""),
    until: str = "",
    sequential: bool = False,
) -> str:
    """The same activity, once for each item; `results` are the list and what a round adds."""
    named = "".join(
        f' {name}="{escape(value, quote=True)}"'
        for name, value in (
            ("inputElement", item),
            ("outputCollection", results[0]),
            ("outputElement", results[1]),
        )
        if value
    )
    listed = escape(items, quote=True)
    settings = extension(f'<zeebe:loopCharacteristics inputCollection="{listed}"{named}/>')
    ending = f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>"
    loop = (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}">'
        f"{settings}{ending if until else ''}</bpmn:multiInstanceLoopCharacteristics>"
    )
    head, _, tail = activity.rpartition("</")
    return f"{head}{loop}</{tail}"


def outputs(**mapped: str) -> str:
    """Output mappings, as `more` of a task."""
    return inputs(**mapped).replace("zeebe:input", "zeebe:output")


def decision(name: str, called: str, result: str, more: str = "") -> str:
    settings = f'<zeebe:calledDecision decisionId="{called}" resultVariable="{result}"/>{more}'
    return f'<bpmn:businessRuleTask id="{name}">{extension(settings)}</bpmn:businessRuleTask>'


def event_sub(name: str, trigger: str, *, interrupting: bool = True) -> str:
    """An event sub-process with one user task inside, `NAME_work`."""
    inside = (
        begins(f"{name}_begin", trigger, interrupting=interrupting),
        user(f"{name}_work"),
        end(f"{name}_end"),
    )
    flows = [(f"{name}_begin", f"{name}_work"), (f"{name}_work", f"{name}_end")]
    return sub(name, *inside, flows=flows, by_event=True)


def compensating(host: str, undo: str) -> str:
    """A compensation event on an activity, joined to the activity that undoes it."""
    event = boundary(f"{host}_undo", host, "<bpmn:compensateEventDefinition/>")
    head, _, tail = undo.partition(" ")
    name = undo.partition('id="')[2].partition('"')[0]
    join = f'<bpmn:association id="{name}_join" sourceRef="{host}_undo" targetRef="{name}"/>'
    return f'{event}{head} isForCompensation="true" {tail}{join}'


def compensate(activity: str = "") -> str:
    reference = f' activityRef="{activity}"' if activity else ""
    return f"<bpmn:compensateEventDefinition{reference}/>"


def call(name: str, process: str, more: str = "", *, everything: bool = True) -> str:
    """A call activity that passes and gets back everything, or only what is mapped."""
    passed = str(everything).lower()
    settings = (
        f'<zeebe:calledElement processId="{process}" propagateAllParentVariables="{passed}" '
        f'propagateAllChildVariables="{passed}"/>{more}'
    )
    return f'<bpmn:callActivity id="{name}">{extension(settings)}</bpmn:callActivity>'


CANCEL = "<bpmn:cancelEventDefinition/>"


def rounds(condition: str) -> bytes:
    """A loop whose every round forks to two tasks, joins them and asks whether to go on."""
    return diagram(
        start(),
        exclusive("m"),
        parallel("fork", "join"),
        user("a", "b", "d"),
        exclusive("g", default="g_done"),
        end(),
        flows=[
            ("begin", "m"),
            ("m", "fork"),
            ("fork", "a"),
            ("fork", "b"),
            ("a", "join"),
            ("b", "join"),
            ("join", "d"),
            ("d", "g"),
            ("g", "done"),
            ("g", "m", condition),
        ],
    )
