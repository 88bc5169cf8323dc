"""What a page asks of the database: as much for fifty rows as for two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.office import Office
from tests.web.conftest import Browser


@contextmanager
def counted(office: Office) -> Iterator[list[str]]:
    """The statements that the database runs meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(office.runtime.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(office.runtime.database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/inbox?tab=groups", "/cases", "/outbox"])
def test_a_list_asks_the_database_as_often_for_fifty_rows_as_for_two(
    visitor: Callable[[str], Browser], office: Office, path: str
) -> None:
    ben = visitor("ben")
    asked = []
    for more in (2, 48):
        for number in range(more):
            office.open_incident(summary=f"Report number {number}")
        ben.get(path)
        with counted(office) as statements:
            text = ben.get(path).text
        asked.append(len(statements))

    assert text.count("INC-") >= 50
    assert asked[0] == asked[1] <= 16


def test_a_case_asks_the_database_as_often_after_many_events_as_after_one(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    incident = office.open_incident()
    ben = visitor("ben")
    asked = []
    for more in (1, 30):
        for number in range(more):
            incident.comment(f"Word {number}", "ben")
        ben.get("/cases/INC-1")
        with counted(office) as statements:
            text = ben.get("/cases/INC-1").text
        asked.append(len(statements))

    assert "Word 29" in text
    assert asked[0] == asked[1] <= 25
