"""The language of scenarios: deploy, start, complete, wait, look.

given  desk.deploy(diagram(...)); case = desk.start("p")
when   case.complete("diagnose", outcome="resolve"); desk.advance(hours=4)
then   assert case.waits_at() == ["confirm"]
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from engine.clock import ManualClock
from engine.commands import definitions, instances, messages, tasks
from engine.jobs import sweep
from engine.queries import audit, outbox
from engine.queries import instances as instance_queries
from engine.queries import jobs as job_queries
from engine.queries import messages as message_queries
from engine.queries import tasks as task_queries
from engine.store.unit_of_work import Actor, Runtime

#: May do everything that a candidate group may.
ANYBODY = Actor("ann", frozenset({"agent"}), frozenset({"desk"}), channel="test")


@dataclass
class Desk:
    """A running engine with a clock that stands still."""

    runtime: Runtime
    clock: ManualClock
    actor: Actor = ANYBODY

    def deploy(self, source: bytes, file: str = "p.bpmn", **more: bytes) -> None:
        files = {file: source, **{name.replace("__", "."): text for name, text in more.items()}}
        self.runtime.run(self.actor, lambda work: definitions.deploy(work, files, "test"))

    def start(self, process: str = "p", key: str | None = None, **variables: object) -> Case:
        started = self.runtime.run(
            self.actor, lambda work: instances.start(work, process, variables, key)
        )
        return Case(self, started["instance"])

    def advance(self, **by: float) -> sweep.Swept:
        self.clock.advance(timedelta(**by))
        return sweep.run_due(self.runtime)

    def move_to(self, moment: datetime) -> sweep.Swept:
        self.clock.move_to(moment)
        return sweep.run_due(self.runtime)

    def send(self, name: str, key: str, **variables: object) -> list[str]:
        answer = self.runtime.run(
            self.actor, lambda work: messages.correlate(work, name, key, variables)
        )
        caught: list[str] = answer["caught"]
        return caught

    def publish(self, name: str, key: str, **options: Any) -> list[str]:
        """Send a message that is kept where nobody waits: `values`, `lives`, `message_id`."""
        values = options.pop("values", {})
        answer = self.runtime.run(
            self.actor, lambda work: messages.publish(work, name, key, values, **options)
        )
        caught: list[str] = answer["caught"]
        return caught

    def kept(self) -> list[tuple[str, str]]:
        """Name and key of the messages that nobody has caught yet, the oldest first."""
        with self.runtime.read() as reader:
            rows = message_queries.kept(reader, limit=500)
        return [(row.name, row.key) for row in reversed(rows)]

    def mailed(self) -> list[str]:
        with self.runtime.read() as reader:
            return [letter.subject for letter in reversed(outbox.recent(reader, limit=500))]


@dataclass
class Case:
    """One process instance as a scenario speaks of it."""

    desk: Desk
    id: int
    seen: list[str] = field(default_factory=list)

    def complete(self, element: str, as_: Actor | None = None, **values: object) -> None:
        """Complete the oldest open task on an element."""
        task = next(t for t in self.open() if element in (t.element, t.name))
        actor = as_ or self.desk.actor
        self.desk.runtime.run(actor, lambda work: tasks.complete(work, task.id, values))

    def open(self) -> list[task_queries.TaskRow]:
        with self.desk.runtime.read() as reader:
            return task_queries.open_for_instance(reader, self.id)

    def jobs(self) -> list[job_queries.JobRow]:
        with self.desk.runtime.read() as reader:
            return job_queries.of_instance(reader, self.id)

    def waits_at(self) -> list[str]:
        """Elements of its open user tasks, sorted."""
        return sorted(task.element for task in self.open())

    @property
    def row(self) -> instance_queries.InstanceRow:
        with self.desk.runtime.read() as reader:
            return instance_queries.get(reader, self.id)

    @property
    def status(self) -> str:
        return self.row.status

    def variable(self, name: str) -> object:
        return self.row.variables.get(name)

    def path(self) -> instance_queries.Path:
        with self.desk.runtime.read() as reader:
            return instance_queries.path(reader, instance_queries.get(reader, self.id))

    def trail(self) -> list[audit.AuditRow]:
        with self.desk.runtime.read() as reader:
            return audit.trail(reader, f"instance:{self.id}", limit=10_000)

    def chain(self) -> audit.Verdict:
        with self.desk.runtime.read() as reader:
            return audit.verify(reader, f"instance:{self.id}")
