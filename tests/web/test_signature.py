"""Approvals of high risk on the page: the password once more."""

from __future__ import annotations

from collections.abc import Callable

from tests.office import Office
from tests.scenarios.change.steps import triaged
from tests.web.conftest import Browser

HIGH = {"risk_users": "everybody", "risk_complexity": "complex", "risk_experience": "never"}


def test_aud_13_the_page_asks_for_the_password_once_more(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    triaged(office, **HIGH)
    path, mei = f"/tasks/{office.inbox('mei', 'vote')[0].id}", visitor("mei")

    asked = mei.post(path, {"field.vote": "approve"})
    assert asked.status_code == 403
    assert 'name="signature"' in asked.text
    wrong = mei.post(path, {"field.vote": "approve", "signature": "guess"})
    assert wrong.status_code == 403
    done = mei.post(path, {"field.vote": "approve", "signature": "signalbox"})

    assert done.status_code == 303
