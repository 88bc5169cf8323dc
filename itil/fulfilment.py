"""How far a service request is: its steps, who holds what is open, its parts (REQ-09, REQ-11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.queries import instances, tasks
from engine.queries.tasks import TaskRow
from engine.store.unit_of_work import Reader
from itil import cases, catalogue, links
from itil.cases import Case

PROCESS = "service_request"
#: A step is done, somebody has it now, or it waits for others.
STATES = ("done", "open", "waiting")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a step of the item stands."""

    key: str
    name: Mapping[str, str]  #: by language
    state: str  #: of STATES
    holder: str  #: `person:ann`, `group:network`
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a request stands."""

    steps: tuple[Standing, ...]  #: in the order of their dependencies
    open: tuple[TaskRow, ...]  #: what else somebody has to do, such as an approval
    parts: tuple[Case, ...]  #: requests that a bundle has brought


def progress(reader: Reader, case: Case) -> Progress | None:
    """How far a request is; None for another case, or before its item was looked up."""
    if case.process != PROCESS:
        return None
    variables = instances.get(reader, case.instance_id).variables
    version = variables.get("item_version")
    if not isinstance(version, int):
        return None
    item = catalogue.of_version(reader, version)
    at_work: dict[str, TaskRow] = {}
    rest = []
    for task in tasks.open_for_case(reader, case.number):
        step = tasks.variables(reader, task.id).get("step")
        if isinstance(step, Mapping):
            at_work[str(step.get("key"))] = task
        else:
            rest.append(task)
    done = {str(one.get("key")) for one in variables.get("fulfilled_steps") or ()}
    now = _by_itself_now(case, variables) - done
    steps = [_standing(s, at_work.get(s.key), done, now) for wave in item.waves() for s in wave]
    if case.closed:
        steps = [step for step in steps if step.state == "done"]
    parts = cases.by_numbers(reader, links.others(reader, case.number, "parent"))
    return Progress(tuple(steps), tuple(rest), tuple(parts[key] for key in sorted(parts)))


def _by_itself_now(case: Case, variables: Mapping[str, object]) -> set[str]:
    """Steps that are tried by themselves at present, and have no task."""
    waves = variables.get("waves")
    if case.state != "in_fulfilment" or not isinstance(waves, list) or not waves:
        return set()
    return {str(step.get("key")) for step in waves[0] if step.get("joins")}


def _standing(
    step: catalogue.Step, task: TaskRow | None, done: set[str], now: set[str]
) -> Standing:
    if task is not None:
        return Standing(step.key, step.name, "open", holder(task), task.due_at)
    state = "done" if step.key in done else "open" if step.key in now else "waiting"
    by = "" if step.joins else f"group:{step.group}"
    return Standing(step.key, step.name, state, by, None)


def holder(task: TaskRow) -> str:
    """Who has a task: a person, else the first who may claim it."""
    if task.assignee:
        return f"person:{task.assignee}"
    return task.candidates[0] if task.candidates else ""
