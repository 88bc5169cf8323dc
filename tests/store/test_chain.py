"""The hash chain covers every column of an event."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from engine.queries import audit
from engine.store.tables import events
from tests.conftest import both_databases
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


@both_databases
def test_a_cut_off_end_of_the_systems_own_stream_shows(desk: Desk) -> None:
    desk.deploy(diagram(start(), end(), flows=[("begin", "done")]))
    desk.publish("nobody", "waits")
    with desk.runtime.read() as reader:
        assert audit.verify(reader, "system") == audit.Verdict(ok=True, length=2)

    with desk.runtime.database.write() as connection:
        table = "" if desk.runtime.database.is_sqlite else " ON events"
        connection.execute(text(f"DROP TRIGGER events_no_delete{table}"))
        connection.execute(text("DELETE FROM events WHERE stream = 'system' AND seq = 2"))
        connection.commit()

    with desk.runtime.read() as reader:
        assert audit.verify(reader, "system") == audit.Verdict(ok=False, length=1, broken_at=2)
