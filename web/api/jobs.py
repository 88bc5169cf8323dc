"""Jobs for external workers, in the shapes of Camunda 8's REST API v2.

A key names one hold of a job, not the job: a worker whose hold was lost to another one cannot
complete what that one is doing. Workers that wait for work take at most a part of the server's
threads; where that part is taken, the answer is an empty list at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from flask import Response, jsonify

from engine.commands import workers as commands
from engine.commands.variables import VariablesInvalid
from engine.commands.workers import MOST, NotYourType, Request, Taken
from engine.jobs import workers
from engine.store.unit_of_work import UnitOfWork
from web.api import bearer, body
from web.errors import CallInvalid
from web.pages import Pages
from web.site import site

bp = Pages("v2", __name__)

#: The longest that a request may wait, and how long one does that does not say.
LONGEST_WAIT, WAIT = timedelta(minutes=1), timedelta(seconds=10)
LONGEST_HOLD = timedelta(days=7)
REASON = 2_000  #: characters of an error message that are kept
ONE_TENANT = "<default>"


@bp.call("/v2/jobs/activation", "jobs", ["POST"])
def activate() -> Response:
    """Jobs for a worker; waits for some where there are none."""
    sent = body.read()
    asked = Request(
        type=sent.text("type", 200),
        worker=sent.text("worker", 100, "worker"),
        hold=_time(sent, "timeout", 1),
        most=min(sent.whole("maxJobsToActivate", 1), MOST),
        names=sent.texts("fetchVariable", 1_000),
    )
    patience = _patience(sent.whole("requestTimeout", -(2**53), 0))
    me, runtime = bearer.caller(), site().runtime
    if asked.type not in me.objects:
        bearer.refuse(me.actor, str(NotYourType(asked.type, me.objects)))
        raise NotYourType(asked.type, me.objects)
    taken = workers.take(runtime, me.actor, asked, me.objects)
    if not taken and patience:
        with _seat() as free:
            if free:
                taken = workers.take(runtime, me.actor, asked, me.objects, patience)
    return jsonify(jobs=[_shown(job) for job in taken])


@bp.call("/v2/jobs/<int:key>/completion", "jobs", ["POST"])
def complete(key: int) -> Response:
    """The work of a job is done."""
    values = body.read().mapping("variables")
    me = bearer.caller()
    with _wrong_values():
        workers.complete(site().runtime, me.actor, key, me.objects, values)
    return _done()


@bp.call("/v2/jobs/<int:key>/failure", "jobs", ["POST"])
def fail(key: int) -> Response:
    """A worker could not do a job: others may, so often and not before."""
    sent = body.read()
    retries = min(sent.whole("retries", 0, 0), 2**31 - 1)
    reason = sent.prose("errorMessage", REASON)
    after = _time(sent, "retryBackOff", 0, 0)
    values = sent.mapping("variables")
    me = bearer.caller()

    def command(work: UnitOfWork) -> None:
        commands.fail(work, key, me.objects, (retries, reason, after), values)

    with _wrong_values():
        site().runtime.run(me.actor, command)
    return _done()


@bp.call("/v2/jobs/<int:key>/error", "jobs", ["POST"])
def throw(key: int) -> Response:
    """A job ends with an error that the diagram models."""
    sent = body.read()
    error = (sent.text("errorCode", 200), sent.prose("errorMessage", REASON))
    values = sent.mapping("variables")
    me = bearer.caller()
    with _wrong_values():
        workers.throw(site().runtime, me.actor, key, me.objects, error, values)
    return _done()


@bp.call("/v2/jobs/<int:key>", "jobs", ["PATCH"])
def change(key: int) -> Response:
    """A worker needs a job for longer, or says how often it may still be tried."""
    changes = body.read().inner("changeset")
    timeout, retries = changes.maybe("timeout", 1), changes.maybe("retries", 1)
    if timeout is None and retries is None:
        raise CallInvalid("The changeset names neither timeout nor retries. Nothing was changed.")
    hold = None if timeout is None else _time(changes, "timeout", 1)
    me = bearer.caller()
    site().runtime.run(me.actor, lambda work: commands.change(work, key, me.objects, hold, retries))
    return _done()


def _time(sent: body.Body, name: str, least: int, default: int | None = None) -> timedelta:
    milliseconds = sent.whole(name, least, default)
    if milliseconds > LONGEST_HOLD.total_seconds() * 1000:
        days = LONGEST_HOLD.days
        raise CallInvalid(f"Field '{name}' is longer than {days} days. Nothing was changed.")
    return timedelta(milliseconds=milliseconds)


def _patience(milliseconds: int) -> timedelta:
    """How long to wait for work: not at all (below 0), the usual time (0), or so long."""
    if milliseconds < 0:
        return timedelta()
    longest = int(LONGEST_WAIT.total_seconds() * 1000)
    return timedelta(milliseconds=min(milliseconds, longest)) if milliseconds else WAIT


@contextmanager
def _seat() -> Iterator[bool]:
    """A place in the waiting room, or False where it is full."""
    room: threading.Semaphore = site().waiting_room
    free = room.acquire(blocking=False)
    try:
        yield free
    finally:
        if free:
            room.release()


@contextmanager
def _wrong_values() -> Iterator[None]:
    """Wrong variables are a wrong call here, as workers expect."""
    try:
        yield
    except VariablesInvalid as wrong:
        raise CallInvalid(str(wrong)) from wrong


def _done() -> Response:
    return Response(status=204)


def _shown(job: Taken) -> Mapping[str, object]:
    return {
        "jobKey": str(job.key),
        "type": job.type,
        "worker": job.worker,
        "retries": job.retries,
        "deadline": int(job.until.timestamp() * 1000),
        "variables": job.variables,
        "customHeaders": job.headers,
        "elementId": job.element,
        "elementInstanceKey": str(job.visit),
        "processInstanceKey": str(job.instance),
        "processDefinitionId": job.process,
        "processDefinitionKey": str(job.definition),
        "processDefinitionVersion": job.version,
        "tenantId": ONE_TENANT,
        "kind": "BPMN_ELEMENT",
        "listenerEventType": "UNSPECIFIED",
        "tags": [],
    }
