"""Jobs: work of a service task that is not done yet, because it failed or waits for a worker.

The token stays where it is and carries how many tries are left. What a handler is to try again has
its moment in the token's `due`, so that the sweep of timers finds it; what a worker is to do has
none. Without a try left it is stalled until an operator helps.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from SpiffWorkflow.util.task import TaskState

from engine.bpmn import timers
from engine.bpmn.scopes import catcher
from engine.bpmn.throws import throw_error
from engine.bpmn.tokens import Failure, Job, Token
from engine.errors import EngineError
from engine.topics import BpmnError, Retry

#: Header of a service task that says how long to wait after the first failure (ISO 8601); the wait
#: doubles with every further one.
BACKOFF = "retryBackoff"
FIRST = timedelta(minutes=1)
LONGEST = timedelta(days=1)
#: Characters of a reason that are kept.
REASON = 2_000


def offer(token: Token) -> None:
    """Let the work wait for an external worker."""
    if token.job is None:
        token.job = Job(_tries(token))
    _note(token, "", None)


def fail(token: Token, error: Exception) -> None:
    """A handler failed: try again later, or stall where no try is left or none makes sense."""
    job = _job(token)
    job.attempts += 1
    job.retries = max(0, job.retries - 1)
    wait: timedelta | None = _backoff(token, job.attempts)
    if isinstance(error, Retry):
        wait = None if error.after is None else min(max(error.after, timedelta()), timers.LONGEST)
    if wait is None:
        job.retries = 0
    token.due = token.workflow.now + wait if wait is not None and job.retries else None
    plain = isinstance(error, (Retry, EngineError))
    _note(token, str(error) if plain else f"{type(error).__name__}: {error}")


def throw(token: Token, error: BpmnError) -> None:
    """A handler throws a modelled error: where nothing catches it, the job stalls."""
    if catches(token, error.code):
        throw_error(token, error.code)
        return
    said = "" if str(error) == error.code else f": {error}"
    stall(token, f"Nothing catches the modelled error '{error.code}'{said}.")


def catches(token: Token, code: str) -> bool:
    """Whether something in this instance, or in one that called it, catches a modelled error."""
    if catcher(token, "error", code) is not None:
        return True
    return bool(token.workflow.call_depth) and token.workflow.effects.catches(code)


def given_up(token: Token, retries: int, reason: str, due: datetime | None) -> None:
    """A worker failed: others may take the job from a moment on, or it stalls without tries."""
    job = _job(token)
    job.attempts += 1
    job.retries = retries
    _note(token, reason, due)


def stall(token: Token, reason: str) -> None:
    """Wait for an operator."""
    job = _job(token)
    job.attempts += 1
    job.retries, token.due = 0, None
    _note(token, reason)


def again(token: Token) -> None:
    """Try it now, once at least: a handler runs, or any worker may take it."""
    job = _job(token)
    job.retries = max(1, job.retries)
    token.task_spec.fire(token)


def allow(token: Token, retries: int) -> None:
    """Set how many tries are left; a stalled job that gets some is tried with the next sweep."""
    job = _job(token)
    stalled, job.retries = not job.retries, retries
    if not retries:
        token.due = None
    elif stalled and token.workflow.effects.handles(token.task_spec.settings.handler):
        token.due = token.workflow.now


def _job(token: Token) -> Job:
    if token.job is None:
        token.job = Job(_tries(token))
    token._set_state(TaskState.STARTED)  # noqa: SLF001 - own class
    return token.job


def _tries(token: Token) -> int:
    return max(1, int(token.task_spec.settings.retries))


def _backoff(token: Token, attempts: int) -> timedelta:
    text = token.task_spec.settings.headers.get(BACKOFF, "")
    now: datetime = token.workflow.now
    first = timers.duration(text).after(now) - now if text else FIRST
    return min(first * 2 ** min(attempts - 1, 20), LONGEST)


def _note(token: Token, reason: str, due: datetime | None = None) -> None:
    # What no text column takes must not keep the failure from being written down.
    clean = reason.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    failure = Failure(token.id, token.element, clean[:REASON], due)
    token.workflow.journal.failures.append(failure)
