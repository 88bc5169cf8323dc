"""The worklist: order, pages, filters and places, on both databases."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.commands import tasks
from engine.queries import tasks as queries
from engine.queries.tasks import Filter
from engine.store import user_tasks
from engine.store.unit_of_work import Actor
from tests.conftest import MONDAY, both_databases
from tests.desk import Desk
from tests.drawing import diagram, end, start, user

pytestmark = both_databases

BEN = Actor("ben", frozenset({"agent"}), frozenset({"desk"}), channel="test")
PRIORITY = '<zeebe:priorityDefinition priority="=p"/><zeebe:taskSchedule dueDate="=due"/>'
WORK = diagram(
    start(), user("work", more=PRIORITY), end(), flows=[("begin", "work"), ("work", "done")]
)


def due(hours: int) -> str:
    return (MONDAY + timedelta(hours=hours)).isoformat()


def listed(
    desk: Desk, owner: str = "group:desk", wanted: Filter | None = None, size: int = 50
) -> list[str]:
    """Business keys of all pages, in order."""
    keys: list[str] = []
    after = None
    with desk.runtime.read() as reader:
        while True:
            page = queries.worklist_page(reader, [owner], wanted, after, size)
            keys += [row.business_key or "" for row in page.rows]
            if page.next is None:
                return keys
            after = page.next


def test_inc_08_work_is_listed_by_priority_then_time_left_then_age(desk: Desk) -> None:
    """INC-08."""
    desk.deploy(WORK)
    desk.start(key="low", p=80, due=due(1))
    desk.start(key="late", p=20, due=due(9))
    desk.start(key="never", p=20, due=None)
    desk.start(key="soon", p=20, due=due(2))
    desk.start(key="soon, younger", p=20, due=due(2))

    assert listed(desk) == ["soon", "soon, younger", "late", "never", "low"]
    assert listed(desk, size=2) == listed(desk)


def test_filters_keep_the_order(desk: Desk) -> None:
    desk.deploy(WORK)
    desk.start(key="a", p=20, due=due(-1))
    desk.start(key="b", p=40, due=due(-2))
    desk.start(key="c", p=20, due=due(5))

    assert listed(desk, wanted=Filter(priority=20)) == ["a", "c"]
    assert listed(desk, wanted=Filter(overdue=True)) == ["a", "b"]
    assert listed(desk, wanted=Filter(process="p")) == ["a", "c", "b"]
    assert listed(desk, wanted=Filter(process="other")) == []


def test_a_claimed_task_moves_from_the_group_to_the_person(desk: Desk) -> None:
    desk.deploy(WORK)
    case = desk.start(key="a", p=20, due=None)
    [task] = case.open()

    desk.runtime.run(BEN, lambda work: tasks.claim(work, task.id))
    assert listed(desk, wanted=Filter(claimed=False)) == []
    assert listed(desk, "person:ben") == ["a"]
    with desk.runtime.read() as reader:
        assert queries.counts(reader, ["person:ben", "group:desk"]) == {
            "person:ben": 1,
            "group:desk": 0,
        }

    desk.runtime.run(BEN, lambda work: tasks.release(work, task.id))
    assert listed(desk, wanted=Filter(claimed=False)) == ["a"]
    case.complete("work")
    assert listed(desk) == listed(desk, "person:ben") == []


def test_an_open_task_moves_when_its_priority_changes(desk: Desk) -> None:
    both = diagram(
        start(),
        '<bpmn:parallelGateway id="f"/>',
        user("work", more=PRIORITY),
        user("other"),
        end(),
        flows=[("begin", "f"), ("f", "work"), ("f", "other"), ("work", "done"), ("other", "done")],
    )
    desk.deploy(both)
    first, second = (desk.start(key=key, p=40, due=None) for key in ("a", "b"))
    assert listed(desk, wanted=Filter(priority=40)) == ["a", "b"]

    second.complete("other", p=20)

    assert listed(desk, wanted=Filter(priority=20)) == ["b"]
    assert first.waits_at() == ["other", "work"]


def test_an_open_task_follows_the_group_it_is_for(desk: Desk) -> None:
    """INC-09: whoever changes the group of a case moves its open work too."""
    desk.deploy(
        diagram(
            start(),
            '<bpmn:parallelGateway id="f"/>',
            user("work", group="=team"),
            user("other"),
            end(),
            flows=[
                ("begin", "f"),
                ("f", "work"),
                ("f", "other"),
                ("work", "done"),
                ("other", "done"),
            ],
        ),
    )
    case = desk.start(key="a", team="network")
    assert listed(desk, "group:network") == ["a"]

    case.complete("other", team="servers")

    assert listed(desk, "group:network") == []
    assert listed(desk, "group:servers") == ["a"]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.lists(st.tuples(st.sampled_from([20, 40, 60]), st.integers(-3, 3)), max_size=12))
def test_pages_of_any_size_show_every_task_once_in_one_order(
    desk: Desk, data: list[tuple[int, int]]
) -> None:
    desk.deploy(WORK)
    with desk.runtime.read() as reader:
        old = [row.id for row in queries.worklist_page(reader, ["group:desk"], limit=1000).rows]
    desk.runtime.run(BEN, lambda work: user_tasks.close(work, old, user_tasks.WITHDRAWN, None))
    for number, (priority, hours) in enumerate(data):
        desk.start(key=f"{number:02}", p=priority, due=due(hours))

    expected = [
        f"{number:02}"
        for number, _ in sorted(enumerate(data), key=lambda item: (*item[1], item[0]))
    ]
    for size in (1, 3, 50):
        assert listed(desk, size=size) == expected
