"""Values that no column takes are refused alike on both databases."""

import pytest

from engine.commands import instances, tasks
from engine.errors import Unstorable
from engine.queries import instances as queries
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import diagram, end, start, user

pytestmark = both_databases

WORK = diagram(start(), user("work"), end(), flows=[("begin", "work"), ("work", "done")])


def test_a_number_beyond_every_column_is_refused(desk: Desk) -> None:
    with pytest.raises(Unstorable), desk.runtime.read() as reader:
        queries.get(reader, 10**30)
    with pytest.raises(Unstorable):
        desk.runtime.run(desk.actor, lambda work: tasks.claim(work, 10**30))


def test_a_refused_value_leaves_nothing_behind(desk: Desk) -> None:
    desk.deploy(WORK)
    if desk.runtime.database.is_sqlite:
        return  # takes any text: lengths are advice there
    with pytest.raises(Unstorable):
        desk.runtime.run(desk.actor, lambda work: instances.start(work, "p", {}, "k" * 500))
    assert desk.start().waits_at() == ["work"]
