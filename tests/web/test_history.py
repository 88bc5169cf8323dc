"""Long histories: paged without losing an event; the chain recomputed only where asked."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from itil import cases
from tests.office import Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]
MANY = 260


@pytest.mark.parametrize(
    ("login", "path"), [("ben", "/cases/INC-1"), ("rita", "/portal/cases/INC-1")]
)
def test_a_history_of_more_than_a_page_is_told_to_its_first_event(
    office: Office, incident: Incident, visitor: Visitor, login: str, path: str
) -> None:
    for number in range(MANY):
        incident.comment(f"word-{number}.", "ben")
    browser = visitor(login)

    first = browser.get(path).text
    before = re.search(r'href="(\?before=\d+)#timeline"', first)
    assert before
    second = browser.get(path + before[1]).text

    said = re.findall(r"word-(\d+)[.]", first) + re.findall(r"word-(\d+)[.]", second)
    assert [int(number) for number in said] == list(reversed(range(MANY)))
    assert '#timeline"' not in second
    with office.runtime.read() as reader:
        last = cases.timeline(reader, "INC-1", public_only=False, before=MANY + 2 - 200)
    assert (last.entries[-1].action, last.before) == ("instance.started", None)


def test_the_chain_is_recomputed_only_where_somebody_asks(visitor: Visitor) -> None:
    ada = visitor("ada")
    assert "Check the whole chain" in ada.get("/audit").text
    assert "The record is whole" not in ada.get("/audit").text
    assert "The record is whole" in ada.get("/audit?verify=1").text
