"""Records that a handler writes through the unit of work it asks for."""

from sqlalchemy import text

from engine.queries import audit as queries
from engine.store import audit
from engine.store.unit_of_work import UnitOfWork
from engine.topics import Outcome, Topics
from tests.conftest import both_databases
from tests.desk import Desk
from tests.drawing import diagram, end, service, start, user


@both_databases
def test_a_handler_writes_in_the_same_transaction_and_what_a_failing_one_wrote_is_undone(
    desk: Desk, topics: Topics
) -> None:
    @topics.handles("count")
    def count(work: UnitOfWork, case: dict[str, object]) -> Outcome:
        work.connection.execute(text("INSERT INTO case_numbers VALUES ('X', 7)"))
        work.record(audit.Draft("system", "counted", "X", {}))
        if case["fails"]:
            raise LookupError("no such number")
        return Outcome()

    flows = [("begin", "s"), ("s", "next"), ("next", "done")]
    desk.deploy(diagram(start(), service("s", "count"), user("next"), end(), flows=flows))

    failed, done = desk.start(fails=True), desk.start(fails=False)

    assert [job.error for job in failed.jobs()] == ["LookupError: no such number"]
    assert done.waits_at() == ["next"]
    with desk.runtime.read() as reader:
        kept = reader.connection.execute(text("SELECT last FROM case_numbers"))
        assert kept.scalars().all() == [7]
        trail = queries.latest(reader, "system", None, 50)
        assert [event.action for event in trail].count("counted") == 1
