"""What a command does to an instance, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import EllipsisType

from engine.bpmn.definition import ProcessDefinition
from engine.bpmn.drawing import Place
from engine.bpmn.instance import Instance
from engine.bpmn.tokens import Journal
from engine.store import instances, user_tasks
from engine.topics import Notice


@dataclass(frozen=True, slots=True)
class Move:
    """What a command does to an instance, for the audit trail."""

    action: str  #: such as `task.completed`
    subject: str  #: such as `task:311`
    element: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    #: old and new value of variables that a token keeps for itself
    inner: dict[str, tuple[object, object]] = field(default_factory=dict)


@dataclass(slots=True)
class Progress:
    """What a move brought about; subscribers get it in the same transaction."""

    instance: instances.Loaded
    definition: ProcessDefinition
    move: Move
    journal: Journal
    opened: Sequence[user_tasks.New]
    changes: Mapping[str, tuple[object, object]]  #: variable -> old and new value
    ended: bool = False
    awaits: Collection[tuple[str, str]] = ()  #: messages and keys that may be kept for it
    #: subscribers may set when the open tasks are due that say nothing themselves; None: never
    tasks_due: datetime | EllipsisType | None = ...
    #: whom subscribers gave opened tasks to, each with its element and why
    chosen: list[dict[str, object]] = field(default_factory=list)

    @property
    def entered(self) -> list[Place]:
        """Elements that got a token, in order."""
        return [self.definition.place(element) for element in self.journal.entered]

    @property
    def notices(self) -> list[tuple[int, Notice]]:
        """What handlers want said, each with the token it was called for."""
        return self.journal.notices


@dataclass(frozen=True, slots=True)
class Kept:
    """A move that was written."""

    progress: Progress
    opened: list[int]  #: ids of the user tasks it opened


@dataclass(frozen=True, slots=True)
class Errand:
    """A move that an instance makes because of something thrown."""

    loaded: instances.Loaded
    move: Move
    act: Callable[[Instance], object]
