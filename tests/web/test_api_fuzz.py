"""Schemathesis against our own description: whatever is sent, no server error, no odd answer."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from itil import alerts, resources
from tests.office import Office
from tests.web.programs import program

#: What fits its shape may be refused all the same: a number that is no case. And wrong tokens are
#: answered by 429 after a few; tests of tokens look at that.
NOT_OURS = [positive_data_acceptance, ignored_auth]
GRANTS = {
    "read": ["*"],
    "write": ["cases", "messages", "tasks", "deployments"],
    "intake": list(alerts.SOURCES),
    "people": ["ben"],
}


def fuzz(office: Office, app: Flask, examples: int) -> None:
    """Call every operation with so many made-up requests."""
    caller = program(office, app, GRANTS)
    office.open_incident()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    headers = {"Authorization": f"Bearer {caller.secret}"}
    called = set()

    def probe(case: schemathesis.Case) -> None:
        answer = case.call(headers=headers)
        called.add(case.path)
        assert answer.status_code < 500, (case.method, case.path, answer.text)
        case.validate_response(answer, headers=headers, excluded_checks=NOT_OURS)

    for found in schema.get_all_operations():
        chosen(given(case=found.ok().as_strategy())(probe))()
    assert len(called) > len(resources.RESOURCES)


def test_evt_03_no_made_up_call_is_a_server_error(office: Office, pages: Flask) -> None:
    fuzz(office, pages, 3)


@pytest.mark.slow
def test_evt_03_nor_is_any_of_many(office: Office, pages: Flask) -> None:
    fuzz(office, pages, 200)
