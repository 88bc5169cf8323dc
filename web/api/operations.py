"""What programs may do by the REST API, as data: the calls and their description follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.commands import messages, tasks
from engine.store.unit_of_work import UnitOfWork
from itil import alerts, cases, deployments
from web.api.body import Body

#: Gets the unit of work, what stands in the path, and the body.
Does: TypeAlias = Callable[[UnitOfWork, Mapping[str, str], Body], dict[str, Any]]
Schema: TypeAlias = Mapping[str, Any]

TEXT = {"type": "string", "minLength": 1, "maxLength": 300}
LONG = {"type": "string", "maxLength": 10_000}
VARIABLES = {"type": "object", "additionalProperties": True}


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that a program may do."""

    path: str  #: with `{number}` or `{task}` in it
    object: str  #: of the scope, that the token needs
    about: str
    does: Does
    fields: Mapping[str, Schema]
    required: tuple[str, ...] = ()
    scope: str = "write"
    person: bool = False  #: only on behalf of a person, with that one's rights


def _open(work: UnitOfWork, _: Mapping[str, str], sent: Body) -> dict[str, Any]:
    given = dict(sent.mapping("variables"))
    given["summary"] = sent.text("summary", 300)
    if requester := sent.text("requester", 100, ""):
        given["requester"] = requester
    given.setdefault("requester", work.actor.name)
    given["channel"] = "api"
    return cases.open_case(work, sent.text("process", 100), given)


def _comment(work: UnitOfWork, at: Mapping[str, str], sent: Body) -> dict[str, Any]:
    return cases.comment(work, at["number"], sent.prose("text", 10_000), public=sent.flag("public"))


def _publish(work: UnitOfWork, _: Mapping[str, str], sent: Body) -> dict[str, Any]:
    return messages.publish(
        work,
        sent.text("name", 200),
        sent.text("key", 200),
        sent.mapping("variables"),
        lives=sent.text("timeToLive", 40, "PT1H"),
        message_id=sent.text("messageId", 200, "") or None,
    )


def _claim(work: UnitOfWork, at: Mapping[str, str], _: Body) -> dict[str, Any]:
    return tasks.claim(work, int(at["task"]))


def _release(work: UnitOfWork, at: Mapping[str, str], _: Body) -> dict[str, Any]:
    return tasks.release(work, int(at["task"]))


def _complete(work: UnitOfWork, at: Mapping[str, str], sent: Body) -> dict[str, Any]:
    return tasks.complete(work, int(at["task"]), sent.mapping("variables"))


def _deployed(work: UnitOfWork, _: Mapping[str, str], sent: Body) -> dict[str, Any]:
    names = ("ci", "digest", "source", "change")
    return deployments.report(work, {name: sent.text(name, 200, "") for name in names})


def _intake(source: str) -> Does:
    def take(work: UnitOfWork, _: Mapping[str, str], sent: Body) -> dict[str, Any]:
        return dict(alerts.take(work, alerts.SOURCES[source](sent.fields)))

    return take


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "/cases",
        "cases",
        "Open a case of a process.",
        _open,
        {"process": TEXT, "summary": TEXT, "requester": LONG, "variables": VARIABLES},
        ("process", "summary"),
    ),
    Operation(
        "/cases/{number}/comments",
        "cases",
        "Comment on a case, for everybody or for staff only.",
        _comment,
        {"text": LONG, "public": {"type": "boolean"}},
        ("text",),
    ),
    Operation(
        "/messages",
        "messages",
        "Send a message to whoever waits for it, or keep it for a time.",
        _publish,
        {
            "name": TEXT,
            "key": TEXT,
            "variables": VARIABLES,
            "timeToLive": {"type": "string", "examples": ["PT1H", "P7D"]},
            "messageId": LONG,
        },
        ("name", "key"),
    ),
    Operation("/tasks/{task}/claim", "tasks", "Claim a task.", _claim, {}, person=True),
    Operation("/tasks/{task}/release", "tasks", "Give a task back.", _release, {}, person=True),
    Operation(
        "/tasks/{task}/completion",
        "tasks",
        "Complete a task; the rules of its form hold.",
        _complete,
        {"variables": VARIABLES},
        person=True,
    ),
    Operation(
        "/deployments",
        "deployments",
        "Report what was deployed; what no approved change stands for becomes a finding.",
        _deployed,
        {"ci": TEXT, "digest": TEXT, "source": TEXT, "change": LONG},
        ("ci", "digest", "source"),
    ),
    *(
        Operation(
            f"/intake/{source}",
            source,
            f"Alerts in the shape of {source}.",
            _intake(source),
            {},
            scope="intake",
        )
        for source in alerts.SOURCES
    ),
)
