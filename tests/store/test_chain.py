"""The hash chain covers every column of an event."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.store.tables import events
from tests.desk import Desk
from tests.drawing import diagram, end, start, user

#: Values that no event of the test has; of the type of the column.
OTHER = {"seq": 99, "definition_id": 99, "at": "2020-01-01 00:00:00.000000"}


@pytest.mark.parametrize("column", events.c.keys())
def test_an_event_altered_in_any_column_shows(desk: Desk, column: str) -> None:
    desk.deploy(diagram(start(), user("a"), end(), flows=[("begin", "a"), ("a", "done")]))
    case = desk.start()
    assert case.chain().ok

    with desk.runtime.database.write() as connection:
        connection.execute(text("DROP TRIGGER events_no_update"))
        connection.execute(
            text(f'UPDATE events SET "{column}" = :value WHERE stream = :stream AND seq = 1'),
            {"value": OTHER.get(column, "other"), "stream": f"instance:{case.id}"},
        )
        connection.commit()

    assert not case.chain().ok
