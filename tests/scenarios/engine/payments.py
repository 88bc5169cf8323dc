"""What scenarios of jobs begin with: a handler that fails on demand, and processes that pay."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from engine.queries import jobs as queries
from engine.store import tables
from engine.store.unit_of_work import Actor, UnitOfWork
from engine.topics import Notice, Outcome, Retry, Topics
from tests.desk import Case, Desk
from tests.drawing import (
    diagram,
    end,
    errors,
    service,
    start,
    user,
)

OLGA = Actor("olga", frozenset({"process-owner"}), channel="test")
HEADER = '<zeebe:taskHeaders><zeebe:header key="retryBackoff" value="{}"/></zeebe:taskHeaders>'


class Line:
    """A handler `pay` that works, fails or throws as a test says; remembers its calls."""

    def __init__(self, topics: Topics) -> None:
        self.fault: Exception | None = OSError("the line is dead")
        self.keys: list[str] = []
        self.seen: list[object] = []

        @topics.handles("pay")
        def pay(key: str, amount: object = None) -> Outcome:
            self.keys.append(key)
            self.seen.append(amount)
            if self.fault:
                raise self.fault
            return Outcome({"paid": amount, "by": "pay"}, (Notice("mail:a@b.org", "x"),), "paid it")


def paying(*more: str, task: str = service("pay", "pay"), flows: tuple[Any, ...] = ()) -> bytes:
    """A person works, then a handler pays, then a person checks."""
    return diagram(
        start(),
        user("work"),
        task,
        user("check"),
        end(),
        *more,
        flows=[("begin", "work"), ("work", "pay"), ("pay", "check"), ("check", "done"), *flows],
        top=errors("declined"),
    )


def tried(retries: str, more: str = "") -> str:
    return service("pay", "pay", more).replace('type="pay"', f'type="pay" retries="{retries}"')


def waiting(desk: Desk, source: bytes, **variables: object) -> Case:
    """A case whose payment has failed once."""
    desk.deploy(source)
    case = desk.start(**variables)
    case.complete("work")
    return case


def operate(desk: Desk, act: Callable[[UnitOfWork], Any], actor: Actor = OLGA) -> Any:
    return desk.runtime.run(actor, act)


def job_of(case: Case) -> queries.JobRow:
    [job] = case.jobs()
    return job


def rows(desk: Desk) -> int:
    with desk.runtime.read() as reader:
        count = reader.connection.execute(select(func.count()).select_from(tables.jobs)).scalar()
    return int(count or 0)


def stalled(desk: Desk, line: Line, *more: str, task: str = "", flows: Any = ()) -> Case:
    kept, line.fault = line.fault, Retry(None, "no use")
    case = waiting(desk, paying(*more, task=task or service("pay", "pay"), flows=flows), amount=1)
    line.fault = kept
    return case
