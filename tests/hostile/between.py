"""Instances that call, signal or message each other without end."""

from __future__ import annotations

from tests import drawing as draw
from tests.desk import Case as Instance
from tests.hostile.cage import Case, Ground
from tests.hostile.runs import Step, deploying, given, line, many, nothing, signalled, started


def ping(pid: str, hears: str, says: str) -> bytes:
    """Each time it hears one it says the other, in a new instance."""
    return draw.diagram(
        draw.begins("begin", draw.signal(hears)),
        draw.end("x", draw.signal(says)),
        flows=[("begin", "x")],
        top=draw.signals(*sorted({"s", hears, says})),
        pid=pid,
    )


def tell(pid: str, hears: str, says: str) -> bytes:
    """The same by messages."""
    return draw.diagram(
        draw.begins("begin", draw.message(hears)),
        draw.end("x", draw.message(says)),
        flows=[("begin", "x")],
        top=draw.messages(*sorted({hears, says})),
        pid=pid,
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
    """Each is refused at upload, or at the step that would reach too many."""
    rows: list[tuple[str, Step, Step | None, str, bool]] = [
        (
            "a process that calls itself",
            deploying(calling("p", "p", waits=False)),
            None,
            "call.circle",
            True,
        ),
        (
            "processes that call each other",
            deploying(calling("p", "q", waits=False), q__bpmn=calling("q", "p", waits=False)),
            None,
            "call.circle",
            True,
        ),
        (
            "processes that call each other by a new version",
            _calls_back,
            _harmless_first,
            "call.circle",
            False,
        ),
        (
            "calls without an end behind tasks",
            _one_call_more,
            given(calling("p", "p", waits=True), started, _twenty_calls),
            "CallTooDeep",
            False,
        ),
        (
            "1,000 calls at once",
            started,
            given(
                line(many(1_000, inside=draw.call("t", "q")), names=("t",)),
                q__bpmn=line(draw.user("w"), names=("w",), pid="q"),
            ),
            "TooManyReached",
            False,
        ),
        (
            "signals that start each other",
            signalled,
            given(ping("p", "s", "r"), q__bpmn=ping("q", "r", "s")),
            "TooManyReached",
            True,
        ),
        (
            "a signal that starts what throws it",
            signalled,
            given(ping("p", "s", "s")),
            "TooManyReached",
            False,
        ),
        (
            "messages that start each other",
            _message,
            given(tell("p", "a", "b"), q__bpmn=tell("q", "b", "a")),
            "TooManyReached",
            True,
        ),
    ]
    return [
        Case(f"run: {name}", act, says, before or nothing, quick)
        for name, act, before, says, quick in rows
    ]
