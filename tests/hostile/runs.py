"""Diagrams that would run for ever, or make more and more of something."""

from __future__ import annotations

from datetime import timedelta

from engine.commands import messages
from engine.jobs import sweep
from tests import drawing as draw
from tests.desk import Case as Instance
from tests.hostile.cage import Case, Ground

S, E = draw.start(), draw.end()


def line(*body: str, names: tuple[str, ...], top: str = "", pid: str = "p") -> bytes:
    """Start, what is named one after the other, end."""
    whole = ("begin", *names, "done")
    return draw.diagram(
        S, *body, E, flows=list(zip(whole, whole[1:], strict=False)), top=top, pid=pid
    )


def loop(middle: str, *more: str, top: str = "") -> bytes:
    """`middle` again and again."""
    return draw.diagram(
        S, draw.exclusive("m"), middle, draw.exclusive("g", default="g_done"), E, *more,
        flows=[("begin", "m"), ("m", "t"), ("t", "g"), ("g", "m", "=true"), ("g", "done")], top=top,
    )


def _deploy(source: bytes, **more: bytes) -> object:
    def act(ground: Ground) -> None:
        ground.desk.deploy(source, **more)

    return act


def _start(ground: Ground) -> None:
    ground.desk.start()


def _complete(element: str = "t", times: int = 1) -> object:
    def act(ground: Ground) -> None:
        case = Instance(ground.desk, 1)
        for _ in range(times):
            case.complete(element)

    return act


def given(source: bytes, *then: object, **more: bytes) -> object:
    """Deployed, and then moved on."""

    def prepare(ground: Ground) -> None:
        ground.desk.deploy(source, **more)
        for act in then:
            act(ground)  # type: ignore[operator]

    return prepare


def _signal(ground: Ground) -> None:
    ground.desk.runtime.run(ground.desk.actor, lambda work: messages.signal(work, "s", {}))


def _years_later(ground: Ground) -> sweep.Swept:
    return ground.desk.advance(days=365 * 20)


def _sweep_soon(ground: Ground) -> sweep.Swept:
    ground.desk.clock.advance(timedelta(hours=1))
    return sweep.run_due(ground.desk.runtime)


def many(count: int, *, sequential: bool = False, inside: str = "") -> str:
    body = inside or draw.script("t", "=1", "x")
    return draw.repeated(body, f"=for i in 1..{count} return i", "item", sequential=sequential)


def nested_rounds(size: int) -> bytes:
    inner = many(size, inside=draw.user("u"))
    middle = draw.sub("t", draw.start("s"), inner, draw.end("e"), flows=[("s", "u"), ("u", "e")])
    return line(many(size, inside=middle), names=("t",))


FORKS = draw.diagram(
    S, draw.parallel("m"), draw.parallel("f"), draw.user("t"), draw.exclusive("x"),
    flows=[("begin", "x"), ("x", "t"), ("t", "f"), ("f", "x"), ("f", "m"), ("m", "x")],
)
#: An event sub-process that throws what begins it.
SELF_SIGNAL = line(
    draw.user("t"),
    draw.sub("v", draw.begins("b", draw.signal("s"), interrupting=False),
             draw.end("x", draw.signal("s")), flows=[("b", "x")], by_event=True),
    names=("t",), top=draw.signals("s"),
)
SELF_ESCALATION = line(
    draw.user("t"), draw.throw("h", draw.escalation("x")),
    draw.sub("v", draw.begins("b", draw.escalation("x"), interrupting=False),
             draw.end("y", draw.escalation("x")), flows=[("b", "y")], by_event=True),
    names=("t", "h"), top=draw.escalations("x"),
)
SELF_CONDITION = line(
    draw.user("t"),
    draw.sub("v", draw.begins("b", draw.conditional("=n > 0"), interrupting=False),
             draw.script("k", "=0", "n"), draw.script("l", "=n + 1", "n"), draw.end("y"),
             flows=[("b", "k"), ("k", "l"), ("l", "y")], by_event=True),
    names=("t",),
)
SELF_ERROR = line(
    draw.sub("p1", draw.start("s"), draw.end("x", draw.error("e")), flows=[("s", "x")]),
    draw.boundary("b", "p1", draw.error("e")),
    names=("p1",), top=draw.errors("e"),
).replace(b'<bpmn:sequenceFlow id="p1_done"',
          b'<bpmn:sequenceFlow id="back" sourceRef="b" targetRef="p1"/>'
          b'<bpmn:sequenceFlow id="p1_done"')


def ping(pid: str, hears: str, says: str) -> bytes:
    """Each time it hears one it says the other, in a new instance."""
    return draw.diagram(
        draw.begins("begin", draw.signal(hears)), draw.end("x", draw.signal(says)),
        flows=[("begin", "x")], top=draw.signals(*sorted({"s", hears, says})), pid=pid,
    )


def tell(pid: str, hears: str, says: str) -> bytes:
    """The same by messages."""
    return draw.diagram(
        draw.begins("begin", draw.message(hears)), draw.end("x", draw.message(says)),
        flows=[("begin", "x")], top=draw.messages(*sorted({hears, says})), pid=pid,
    )


def _message(ground: Ground) -> None:
    ground.desk.send("a", "K")


def calling(pid: str, called: str, *, waits: bool) -> bytes:
    first = (draw.user("w"), "w") if waits else (draw.script("w", "=1", "x"), "w")
    return line(first[0], draw.call("c", called), names=("w", "c"), pid=pid)


def _harmless_first(ground: Ground) -> None:
    ground.deploy(line(draw.user("w"), names=("w",), pid="q"), "q.bpmn")
    ground.deploy(calling("p", "q", waits=False))


def _calls_back(ground: Ground) -> None:
    ground.deploy(calling("q", "p", waits=False), "q.bpmn")


def _twenty_calls(ground: Ground) -> None:
    for number in range(1, 21):
        Instance(ground.desk, number).complete("w")


def _one_call_more(ground: Ground) -> None:
    Instance(ground.desk, 21).complete("w")


def cases() -> list[Case]:
    """Each is refused at upload, or at the step that would not end."""
    endless, budget = "EndlessLoop", "gave|budget|stopped|limit"
    hidden = draw.sub("t", draw.start("s"), draw.script("k", "=1", "x"), draw.end("e"),
                      flows=[("s", "k"), ("k", "e")])
    rows: list[tuple[str, object, object, str, bool]] = [
        ("a loop of scripts", _deploy(loop(draw.script("t", "=1", "x"))), None, "loop.endless", True),
        ("a loop through a sub-process", _start, given(loop(hidden)), endless, True),
        ("a loop through an empty list", _start,
         given(loop(draw.repeated(draw.user("t"), "=[]"))), endless, False),
        ("a loop of links", _deploy(draw.diagram(
            S, draw.throw("a", draw.link("x")), draw.catch("b", draw.link("x")),
            flows=[("begin", "a"), ("b", "a")])), None, "loop.endless", False),
        ("a loop past a condition that holds", _start,
         given(loop(draw.catch("t", draw.conditional("=1 = 1")))), endless, False),
        ("an error that begins its scope again", _start, given(SELF_ERROR), endless, False),
        ("a signal that begins what throws it", _signal, given(SELF_SIGNAL, _start),
         endless + "|recursi|too", True),
        ("an escalation that begins what throws it", _complete(), given(SELF_ESCALATION, _start),
         "", False),
        ("a condition that makes itself true", _complete(), given(SELF_CONDITION, _start), "", False),
        ("forks that double in every round", _complete(times=60), given(FORKS, _start), "", False),
        ("rounds over a million items", _start, given(line(many(1_000_000), names=("t",))),
         budget, True),
        ("rounds over 1,001 items", _start, given(line(many(1_001), names=("t",))),
         "1,001 items", False),
        ("1,000 user tasks at once", _start,
         given(line(many(1_000, inside=draw.user("t")), names=("t",))), "", False),
        ("1,000 rounds of 1,000 rounds", _start, given(nested_rounds(1_000)), "10,000 tokens", True),
        ("100 rounds of 100 rounds", _start, given(nested_rounds(100)), "", False),
        ("1,000 scripts one by one", _start,
         given(line(many(1_000, sequential=True), names=("t",))), "", False),
        ("a process that calls itself", _deploy(calling("p", "p", waits=False)), None,
         "call.circle", True),
        ("processes that call each other", _deploy(
            calling("p", "q", waits=False), q__bpmn=calling("q", "p", waits=False)), None,
         "call.circle", True),
        ("processes that call each other by a new version", _calls_back, _harmless_first,
         "call.circle", False),
        ("calls without an end behind tasks", _one_call_more,
         given(calling("p", "p", waits=True), _start, _twenty_calls), "CallTooDeep", False),
        ("1,000 calls at once", _start, given(
            line(many(1_000, inside=draw.call("t", "q")), names=("t",)),
            q__bpmn=line(draw.user("w"), names=("w",), pid="q")), "TooManyReached", False),
        ("signals that start each other", _signal,
         given(ping("p", "s", "r"), q__bpmn=ping("q", "r", "s")), "TooManyReached", True),
        ("a signal that starts what throws it", _signal, given(ping("p", "s", "s")),
         "TooManyReached", False),
        ("messages that start each other", _message,
         given(tell("p", "a", "b"), q__bpmn=tell("q", "b", "a")), "TooManyReached", True),
        ("a cycle each second", _deploy(timed("R/PT1S", "timeCycle")), None, "timer.text", True),
        ("20 years of minutes missed", _years_later,
         given(timed("R/PT1M", "timeCycle"), _start), "", True),
        ("20 years of months missed", _years_later,
         given(timed("R/P1M", "timeCycle"), _start), "", False),
        ("a timer that is due when it is set, in a loop", _sweep_soon, given(
            loop(draw.catch("t", draw.timer("2020-01-01T00:00:00Z", "timeDate"))), _start),
         "", True),
    ]
    return [
        Case(f"run: {name}", act, says, before or (lambda _: None), quick)  # type: ignore[arg-type]
        for name, act, before, says, quick in rows
    ]


def timed(text: str, kind: str = "timeDuration") -> bytes:
    """A user task with a timer beside it."""
    return draw.diagram(
        S, draw.user("t", "late"),
        draw.boundary("b", "t", draw.timer(text, kind), interrupting=False),
        E, draw.end("x"),
        flows=[("begin", "t"), ("t", "done"), ("b", "late"), ("late", "x")],
    )
