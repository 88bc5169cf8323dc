"""Every error the engine raises, with one stable code each.

The code is what logs, the API and docs/errors.md refer to; the message is what people
read: what is wrong, where, what to do. The base class says which kind it is, and so which
HTTP status it gets in web/errors.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from engine.findings import Finding as Finding  # noqa: PLC0414 - errors carry findings


@dataclass(frozen=True, slots=True)
class FieldError:
    """Why a form refuses the value of one field."""

    code: str  #: `required`, `min`, `choice`, ...: the web layer words it in the reader's language
    argument: object = None  #: the limit or value that the sentence names


class EngineError(Exception):
    """Base of every error caused by a diagram, a request or a handler."""

    code: ClassVar[str] = "engine.error"


class NotFound(EngineError):
    """What was asked for does not exist."""

    code = "not-found"


class Forbidden(EngineError):
    """The actor may not do this; the refusal is recorded."""

    code = "forbidden"


class Unauthenticated(EngineError):
    """A program does not say who it is, or nobody knows it."""

    code = "unauthenticated"


class Throttled(EngineError):
    """Too many refused attempts; later ones are not even looked at."""

    code = "throttled"


class Conflict(EngineError):
    """Somebody else was faster, or the thing is no longer in the state this needs."""

    code = "conflict"


class Rejected(EngineError):
    """The input is wrong and was not taken."""

    code = "rejected"

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        self.findings = tuple(findings)
        super().__init__(message)


class Unstorable(Rejected):
    """A value that no column takes: too long, too large, or with characters that are no text."""

    code = "value.unstorable"

    def __init__(self) -> None:
        super().__init__(
            "A text is too long or has characters that are no text, or a number is too large. "
            "Shorten it; nothing was changed.",
        )


class Unavailable(EngineError):
    """The engine cannot answer now; trying again later may work."""

    code = "unavailable"


class FormRejected(Rejected):
    """A form was filled in wrongly; every field with its reasons."""

    code = "form.rejected"

    def __init__(self, form: str, errors: Mapping[str, list[FieldError]]) -> None:
        self.errors = dict(errors)
        fields = ", ".join(f"'{name}'" for name in self.errors)
        super().__init__(
            f"Form '{form}' refuses {fields}. Correct the fields and send it again; "
            "nothing was changed.",
        )


class TaskNotFound(NotFound):
    """There is no user task with this id."""

    code = "task.not-found"

    def __init__(self, task_id: int) -> None:
        super().__init__(f"There is no user task {task_id}. Reload your task list.")


class InstanceNotFound(NotFound):
    """There is no process instance with this id or business key."""

    code = "instance.not-found"

    def __init__(self, key: int | str) -> None:
        super().__init__(f"There is no process instance '{key}'. Check the number.")


class DefinitionNotFound(NotFound):
    """There is no deployed process, decision or form with this key."""

    code = "definition.not-found"

    def __init__(self, kind: str, key: str, known: Iterable[str] = ()) -> None:
        choices = ", ".join(sorted(known)) or "none"
        super().__init__(f"No {kind} '{key}' is deployed. Deployed: {choices}.")


class DraftNotFound(NotFound):
    """There is no draft with this number."""

    code = "draft.not-found"

    def __init__(self, draft_id: int) -> None:
        self.draft_id = draft_id
        super().__init__(f"There is no draft {draft_id}. It may have been deleted.")


class DraftChanged(Conflict):
    """Somebody else changed a draft since it was looked at."""

    code = "draft.changed"

    def __init__(self, draft_id: int, winner: str) -> None:
        self.draft_id = draft_id
        self.winner = winner
        super().__init__(
            f"Draft {draft_id} was changed by {winner} in the meantime. "
            "Look at it again and repeat your step; nothing was changed.",
        )


class DraftRefused(Rejected):
    """A draft cannot be kept or changed in this way."""

    code = "draft.refused"


class TaskAlreadyCompleted(Conflict):
    """A user task was completed by someone else in the meantime."""

    code = "task.already-completed"

    def __init__(self, task_id: int, completed_by: str) -> None:
        self.completed_by = completed_by
        super().__init__(
            f"Task {task_id} was already completed by {completed_by}. "
            "Reload your task list; nothing was changed.",
        )


class TaskNotOpen(Conflict):
    """A user task was withdrawn because its process moved on."""

    code = "task.not-open"

    def __init__(self, task_id: int) -> None:
        super().__init__(
            f"Task {task_id} is no longer open: the process moved on without it. "
            "Reload your task list; nothing was changed.",
        )


class TaskClaimedByOther(Conflict):
    """A user task belongs to someone else."""

    code = "task.claimed"

    def __init__(self, task_id: int, assignee: str) -> None:
        super().__init__(
            f"Task {task_id} is claimed by {assignee}. "
            f"Ask {assignee} or a team lead to release it.",
        )


class TaskNotClaimed(Conflict):
    """Nobody holds a user task that is to be released."""

    code = "task.not-claimed"

    def __init__(self, task_id: int) -> None:
        super().__init__(f"Task {task_id} is claimed by nobody. Reload your task list.")


class NotYourTask(Forbidden):
    """The actor is neither assignee nor candidate of a user task."""

    code = "task.forbidden"

    def __init__(self, task_id: int, actor: str, candidates: Iterable[str]) -> None:
        who = ", ".join(sorted(candidates)) or "nobody"
        super().__init__(f"Task {task_id} is not for {actor}. It can be done by: {who}.")


class InstanceChanged(Conflict):
    """Two commands changed one process instance at the same time; this one lost."""

    code = "instance.changed"

    def __init__(self, instance_id: int, winner: str) -> None:
        super().__init__(
            f"Process instance {instance_id} was changed by {winner} at the same moment. "
            "Look at it again and repeat your step; nothing was changed.",
        )


class InstanceNotActive(Conflict):
    """A process instance has ended or is suspended."""

    code = "instance.not-active"

    def __init__(self, instance_id: int, status: str) -> None:
        super().__init__(f"Process instance {instance_id} is {status}; nothing was changed.")


class MessageNotExpected(Conflict):
    """No element of the instance waits for this message now."""

    code = "message.not-expected"

    def __init__(self, message: str, business_key: str) -> None:
        super().__init__(
            f"'{business_key}' does not wait for message '{message}' now; nothing was changed. "
            "Its diagram shows which messages it can catch at this point.",
        )


class CommandKeyUsed(Conflict):
    """A command came with the key of another, or with the same key and other values."""

    code = "command.key-used"

    def __init__(self, first: str) -> None:
        self.first = first
        super().__init__(
            f"The key of this command was used before, for '{first}', with other content. "
            "Reload the page and send it again; nothing was changed.",
        )


class NotOffered(Forbidden):
    """The diagram does not offer a message to this actor."""

    code = "message.not-offered"

    def __init__(self, element: str, actor: str) -> None:
        super().__init__(
            f"The diagram does not offer '{element}' to {actor}. "
            "Its property 'offeredTo' says to whom it does.",
        )


class ErrorUncaught(Rejected):
    """A modelled error was thrown where nothing around it catches its code."""

    code = "error.uncaught"

    def __init__(self, element: str, code: str) -> None:
        super().__init__(
            f"Nothing catches the modelled error '{code}' of '{element}'. "
            "Draw an error event around it. Nothing was changed.",
        )


class ExpressionFailed(Rejected):
    """An expression gave a value that its place cannot use."""

    code = "expression.failed"

    def __init__(self, element: str, expression: str, reason: str) -> None:
        super().__init__(
            f"'{element}': the expression `{expression}` {reason}. Nothing was changed.",
        )


class NoFlowTaken(Rejected):
    """A gateway has no flow to take: no condition holds and there is no default."""

    code = "gateway.no-flow"

    def __init__(self, element: str) -> None:
        super().__init__(
            f"Gateway '{element}': no condition holds and there is no default flow. "
            "Mark one flow as default. Nothing was changed.",
        )


class NoPlainStart(Rejected):
    """A process that only begins by message, signal or timer was to be started by hand."""

    code = "process.no-plain-start"

    def __init__(self, process_id: str) -> None:
        super().__init__(
            f"Process '{process_id}' has no plain start event, so nobody can start it by hand. "
            "Send what it waits for, or draw a start event without trigger.",
        )


class CallTooDeep(Rejected):
    """Processes call each other deeper than anybody means them to."""

    code = "call.too-deep"

    def __init__(self, element: str, process_id: str, limit: int) -> None:
        super().__init__(
            f"'{element}' calls '{process_id}' at a depth of more than {limit}. "
            "Let the processes stop calling each other. Nothing was changed.",
        )


class CalledByAnother(Rejected):
    """Something was to be done to a called instance without the one that called it."""

    code = "instance.called"

    def __init__(self, instance_id: int, caller: int) -> None:
        super().__init__(
            f"Process instance {instance_id} was called by instance {caller} and follows it. "
            "Do this to that one; nothing was changed.",
        )


class TooManyReached(Rejected):
    """One move would set off more than one transaction may carry."""

    code = "instance.too-many-reached"

    def __init__(self, action: str, limit: int) -> None:
        super().__init__(
            f"'{action}' would move more than {limit} instances at once. "
            "Let fewer wait for the same signal or message. Nothing was changed.",
        )


class StuckInstance(Rejected):
    """An instance would neither end nor wait for anything."""

    code = "instance.stuck"

    def __init__(self, process_id: str, elements: Iterable[str]) -> None:
        places = ", ".join(f"'{element}'" for element in elements) or "no element"
        super().__init__(
            f"Process '{process_id}' would stop at {places} without ending "
            "or waiting. Nothing was changed.",
        )


class EndlessLoop(Rejected):
    """A diagram runs in a circle without ever waiting."""

    code = "instance.endless"

    def __init__(self, process_id: str, element: str, limit: int) -> None:
        super().__init__(
            f"Process '{process_id}' made {limit} steps without waiting, last at '{element}'. "
            "Put a user task, timer or message into the loop. Nothing was changed.",
        )


class DiagramRejected(Rejected):
    """An uploaded file cannot be run faithfully; every finding says where and what to do."""

    code = "definition.rejected"

    #: Findings that are told; who has more begins with these.
    MOST: ClassVar[int] = 200

    def __init__(self, name: str, findings: Iterable[Finding]) -> None:
        found = tuple(islice(findings, self.MOST))
        first = next((str(f) for f in found if f.severity == "error"), "")
        super().__init__(f"{name} was not deployed: {first}", found)
