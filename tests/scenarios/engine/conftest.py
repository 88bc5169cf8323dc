"""Every scenario here also proves that each state it comes to survives being stored."""

from __future__ import annotations

import pytest

from engine.bpmn.instance import Instance
from engine.bpmn.tokens import NoEffects
from engine.clock import ManualClock
from engine.commands.advance import Progress
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.unit_of_work import Runtime, UnitOfWork
from engine.topics import Topics


def comes_back_alike(work: UnitOfWork, progress: Progress) -> None:
    """A restored instance waits for the same and stores the same; a subscriber of every move."""
    state = progress.instance.state
    if progress.ended or state is None or progress.instance.status == "stalled":
        return
    variables = {**progress.instance.variables, "number": progress.instance.business_key}
    restored = Instance(progress.definition, variables, work.now, NoEffects())
    restored.restore(state)
    assert restored.state() == state
    assert min((w.due for w in restored.waiting() if w.due), default=None) == (
        progress.instance.next_due_at
    )


@pytest.fixture
def runtime(database: Database, clock: ManualClock, topics: Topics) -> Runtime:
    return Runtime(database, clock, topics, Catalogue(), subscribers=(comes_back_alike,))
