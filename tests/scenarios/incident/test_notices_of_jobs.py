"""Notices of a handler that fails first: they leave once it worked, at least once, known by key."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

from engine.commands import definitions, instances
from engine.jobs import outbox
from engine.queries import outbox as queries
from engine.store.outbox import Letter
from engine.topics import Notice, Outcome
from tests.desk import Case
from tests.drawing import call, diagram, end, repeated, service, start
from tests.office import ADMIN, Office

WORDS = {"subject": "It goes on", "body": "It does."}
TEXTS = {"said": {"en": WORDS, "zh": WORDS}}


class Line:
    """A handler `tell` that says two things once it works."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.fault: Exception | None = OSError("the line is dead")

        @office.runtime.topics.handles("tell")
        def tell() -> Outcome:
            if self.fault:
                raise self.fault
            return Outcome(notices=(Notice("person:rita", "said"), Notice("person:ben", "said")))

    def begin(self, source: bytes, **called: bytes) -> Case:
        files = {"order.bpmn": source, **{f"{k}.bpmn": v for k, v in called.items()}}
        for key in ("order", *called):
            files[f"{key}/notices.json"] = json.dumps({"key": key, "texts": TEXTS}).encode()
        run = self.office.runtime.run
        run(ADMIN, lambda work: definitions.deploy(work, files, "test"))
        started = run(ADMIN, lambda work: instances.start(work, "order", {}))
        return Case(self.office, started["instance"])

    def letters(self) -> list[queries.OutboxRow]:
        with self.office.runtime.read() as reader:
            return queries.recent(reader, limit=500)


@pytest.fixture
def line(office: Office) -> Line:
    return Line(office)


def telling(task: str = service("tell", "tell"), pid: str = "order") -> bytes:
    flows = [("begin", "tell"), ("tell", "done")]
    return diagram(start(), task, end(), flows=flows, pid=pid)


def test_nothing_is_said_until_the_work_is_done_and_then_once(line: Line) -> None:
    case = line.begin(telling())
    line.office.advance(minutes=1)
    assert line.letters() == []

    line.fault = None
    line.office.advance(minutes=2)

    assert case.status == "completed"
    assert sorted(row.recipient for row in line.letters()) == [
        "ben@example.org",
        "rita@example.org",
    ]


def test_every_letter_has_a_key_of_its_own(line: Line) -> None:
    line.fault = None
    line.begin(telling(repeated(service("tell", "tell"), "=[1,2,3]", "n")))
    keys = [row.key for row in line.letters()]
    assert len(set(keys)) == len(keys) == 6


def test_a_case_that_moves_twice_in_one_transaction_has_no_two_letters_of_one_key(
    line: Line,
) -> None:
    line.fault = None
    outer = diagram(
        start(),
        service("tell", "tell"),
        call("ask", "inner"),
        service("again", "tell"),
        end(),
        flows=[("begin", "tell"), ("tell", "ask"), ("ask", "again"), ("again", "done")],
        pid="order",
    )
    case = line.begin(outer, inner=telling(pid="inner"))
    keys = [row.key for row in line.letters()]
    assert (case.status, len(set(keys)), len(keys)) == ("completed", 6, 6)


def test_a_letter_that_left_before_a_crash_leaves_again_under_the_same_key(line: Line) -> None:
    line.fault = None
    line.begin(telling())
    sent: Counter[str] = Counter()

    class Killed(BaseException):
        """The process ends here: nothing after it is written."""

    def send_and_die(letter: Letter) -> bool:
        sent[letter.key] += 1
        raise Killed

    with pytest.raises(Killed):
        outbox.deliver(line.office.runtime, send_and_die)

    def send(letter: Letter) -> bool:
        sent[letter.key] += 1
        return True

    line.office.clock.advance(timedelta(minutes=2))
    outbox.deliver(line.office.runtime, send)

    assert sorted(sent.values()) == [1, 2]
    assert {row.state for row in line.letters()} == {"sent"}
