"""A browser without a screen: signs people in and sends forms with their tokens."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import web
from engine.commands import definitions, drafts, instances
from engine.store import instances as rows
from engine.store.unit_of_work import UnitOfWork
from itil import api_tokens, sessions
from tests.drawing import diagram, end, service, start
from tests.office import ADMIN, Incident, Office
from tests.unit.bpmn.foreign.files import file, flow
from web.auth import SESSION


@dataclass
class Browser:
    """One person at the pages."""

    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers)

    def post(self, path: str, fields: Mapping[str, object], page: str = "/") -> TestResponse:
        """Send a form as the page that holds it would: with its CSRF token and a fresh key."""
        csrf, key = self.tokens(page)
        return self.client.post(path, data={"csrf": csrf, "key": key, **fields})

    def tokens(self, page: str = "/") -> tuple[str, str]:
        text = self.client.get(page, follow_redirects=True).get_data(as_text=True)
        return field(text, "csrf"), field(text, "key")


def field(page: str, name: str) -> str:
    """The value of the first hidden field of a name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"the page has no hidden field '{name}'"
    return html.unescape(found[1])


@pytest.fixture
def pages(office: Office) -> Flask:
    built = web.build(office.runtime, web.Settings(demo=True, version="test"))
    built.testing = True
    return built


@pytest.fixture
def visitor(pages: Flask, office: Office) -> Callable[[str], Browser]:
    """Somebody who has signed in."""

    def sign_in(login: str) -> Browser:
        actor = office.person(login)
        token = office.runtime.run(actor, lambda work: sessions.begin(work, login, "127.0.0.1"))
        client = pages.test_client()
        client.set_cookie(SESSION, token)
        return Browser(client)

    return sign_in


@pytest.fixture
def stranger(pages: Flask) -> Browser:
    return Browser(pages.test_client())


@pytest.fixture
def draft(office: Office) -> int:
    """A draft with a note, a warning and an error, as another product wrote it."""
    source = file(
        '<startEvent id="s"/><userTask id="u" name="Look" camunda:candidateStarterUsers="x"/>',
        '<serviceTask id="w" camunda:class="a.SendMailDelegate"/>'
        '<scriptTask id="x" scriptFormat="javascript"><script>go()</script></scriptTask>',
        flow("s", "u") + flow("u", "w") + flow("w", "x"),
    )
    answer = office.runtime.run(
        office.person("olga"), lambda work: drafts.keep(work, {"p.bpmn": source})
    )
    return int(answer["kept"][0]["draft"])


@pytest.fixture
def incident(office: Office) -> Incident:
    """Rita's incident, not yet classified."""
    return office.open_incident(
        as_="rita", description="Since **nine**", urgency=2, service="network"
    )


#: A process with work that no handler does.
ABROAD = diagram(
    start(),
    service("ask", "abroad"),
    end(),
    flows=[("begin", "ask"), ("ask", "done")],
    pid="abroad",
)


@pytest.fixture
def trouble(incident: Incident, office: Office) -> None:
    """What operators and admins look at: a waiting job, a stalled instance, a token."""
    assert incident.id == 1

    def make(work: UnitOfWork) -> None:
        definitions.deploy(work, {"abroad.bpmn": ABROAD}, "test")
        instances.start(work, "abroad", {"amount": 7})
        instances.start(work, "abroad", {"amount": 8})
        api_tokens.make(work, "billing", {"jobs": ["abroad"]}, 30, api_tokens.new_secret())

    def stop(work: UnitOfWork) -> None:
        rows.lock(work, 3).status = rows.STALLED

    office.runtime.run(ADMIN, make)
    office.runtime.run(ADMIN, stop)
