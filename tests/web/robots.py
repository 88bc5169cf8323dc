"""Programs at the REST API, for tests: a process with work for them, and a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from engine.commands import instances
from engine.queries import audit
from engine.store.unit_of_work import Actor
from itil import api_tokens
from tests.desk import Case
from tests.drawing import (
    boundary,
    diagram,
    end,
    error,
    errors,
    exclusive,
    inputs,
    service,
    start,
    timer,
    user,
)
from tests.office import ADMIN, Office

OLGA = Actor("olga", frozenset({"process-owner"}), channel="test")
HEADERS = '<zeebe:taskHeaders><zeebe:header key="carrier" value="post"/></zeebe:taskHeaders>'
ORDER = diagram(
    start(),
    service("ship", "parcel.ship", HEADERS + inputs(weight="=kilos * 1000")),
    exclusive("g"),
    user("check"),
    end(),
    boundary("oops", "ship", error("lost")),
    user("search"),
    boundary("late", "ship", timer("P3D")),
    user("hurry"),
    flows=[
        ("begin", "ship"),
        ("ship", "g"),
        ("g", "check", "=sent"),
        ("check", "done"),
        ("oops", "search"),
        ("late", "hurry"),
    ],
    pid="order",
    top=errors("lost"),
)


@dataclass
class Worker:
    """A program with a token."""

    app: Flask
    secret: str
    name: str = "robot"

    def call(self, path: str, body: Any = None, method: str = "POST") -> TestResponse:
        headers = {"Authorization": f"Bearer {self.secret}"}
        sent = {"data": body} if isinstance(body, (bytes, str)) else {"json": body or {}}
        return self.app.test_client().open(
            f"/v2/jobs/{path}", method=method, headers=headers, **sent
        )

    def take(self, most: int = 1, timeout: int = 60_000, **more: Any) -> list[dict[str, Any]]:
        asked = {
            "type": "parcel.ship",
            "worker": self.name,
            "timeout": timeout,
            "maxJobsToActivate": most,
            "requestTimeout": -1,
        }
        answer = self.call("activation", asked | more)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.get_json()["jobs"]
        return found


def token(office: Office, name: str = "robot", *types: str, days: int = 30) -> str:
    secret = api_tokens.new_secret()
    grants = {"jobs": types or ("parcel.ship",)}
    office.runtime.run(ADMIN, lambda work: api_tokens.make(work, name, grants, days, secret))
    return secret


def order(office: Office, number: str = "O-1") -> Case:
    given = {"kilos": 2, "to": "Köln"}
    started = office.runtime.run(ADMIN, lambda work: instances.start(work, "order", given, number))
    return Case(office, started["instance"])


def system(office: Office) -> list[tuple[str, str]]:
    with office.runtime.read() as reader:
        return [(e.action, e.actor) for e in audit.trail(reader, "system", limit=1_000)]
