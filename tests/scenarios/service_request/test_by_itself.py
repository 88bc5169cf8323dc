"""Steps that nobody has to do: tried again, done by hand where they fail, undone where need be."""

from __future__ import annotations

from typing import Any

from engine.commands import messages
from engine.queries import audit
from handlers import request as handlers
from itil import catalogue_publishing, people
from tests.office import ADMIN, Incident, Office

TEXT = {"en": "x", "zh": "x"}


def publish(office: Office, *steps: dict[str, Any]) -> None:
    """An item `badge` of these steps, free and for everybody."""
    whole = [{"name": TEXT, "instructions": TEXT, "group": "workplace", **step} for step in steps]
    item: dict[str, Any] = {
        "key": "badge",
        "name": TEXT,
        "about": TEXT,
        "category": "access",
        "steps": whole,
    }
    item |= {"form": "service_request/item", "approval": "none", "cost": 0}
    office.runtime.run(ADMIN, lambda work: catalogue_publishing.publish(work, item, "test"))


def ask(office: Office, item: str = "badge", **more: object) -> Incident:
    return office.open_case("service_request", "rita", summary="Please", item=item, **more)


def members(office: Office, group: str = "remote-access") -> tuple[str, ...]:
    with office.runtime.read() as reader:
        return next(g.members for g in people.directory(reader) if g.key == group)


def withdraw(office: Office, case: Incident) -> None:
    reason = {"withdraw_reason": "no need"}
    office.runtime.run(
        office.person("rita"),
        lambda work: messages.send_offered(work, case.id, "withdrawal_asked", reason),
    )
    case.complete("agree", "ben", withdrawal="agreed")


def test_req_10_a_step_that_says_so_is_done_by_itself(office: Office) -> None:
    case = ask(office, "vpn")
    office.does("mei", "vote", vote="approve")

    case.complete("do_step", "carl", step_result="done")

    assert members(office) == ("rita",)
    assert case.state == "fulfilled"
    done = case.variable("fulfilled_steps")
    assert isinstance(done, list)
    assert [step["key"] for step in done] == ["check", "grant"]


def test_req_10_it_is_tried_again_until_the_account_is_there(office: Office) -> None:
    publish(office, {"key": "grant", "joins": "remote-access"})
    case = ask(office, affected_user="newcomer")
    assert case.state == "in_fulfilment"
    assert case.open() == []
    newcomer = {"login": "newcomer", "name": "New Comer", "email": "n@example.org"}
    office.runtime.run(
        ADMIN, lambda work: people.add_person(work, newcomer, "secret-word", ["requester"])
    )
    assert members(office) == ()

    office.advance(hours=1)

    assert members(office) == ("newcomer",)
    assert case.state == "fulfilled"


def test_req_10_what_fails_to_the_end_waits_for_an_operator(office: Office) -> None:
    publish(office, {"key": "grant", "joins": "remote-access"})
    case = ask(office, affected_user="nobody")

    for _ in range(8):
        office.advance(hours=1)

    [job] = case.jobs()
    assert (job.element, job.retries) == ("provision", 0)
    assert "nobody with the login" in (job.error or "")
    assert case.state == "in_fulfilment"


def test_req_10_what_cannot_be_done_by_itself_is_done_by_hand(office: Office) -> None:
    publish(office, {"key": "grant", "joins": "remote-access"})
    office.runtime.run(ADMIN, lambda work: people.deactivate(work, "wang"))

    case = ask(office, affected_user="wang")

    assert [task.candidates for task in case.open()] == [["group:workplace"]]
    case.complete("do_step", "ben", step_result="done")
    assert case.state == "fulfilled"


def test_req_10_a_withdrawn_request_is_undone(office: Office) -> None:
    publish(
        office,
        {"key": "grant", "joins": "remote-access"},
        {"key": "print", "after": ["grant"]},
    )
    case = ask(office)
    assert members(office) == ("rita",)

    withdraw(office, case)

    assert case.state == "cancelled"
    assert members(office) == ()


def test_req_10_several_are_undone_the_latest_first(office: Office) -> None:
    publish(
        office,
        {"key": "grant", "joins": "remote-access"},
        {"key": "also", "joins": "testers"},
        {"key": "last", "joins": "security", "after": ["also"]},
        {"key": "print", "after": ["last"]},
    )
    case = ask(office)

    withdraw(office, case)

    with office.runtime.read() as reader:
        trail = audit.latest(reader, "system", None, 50)
    left = [row.details["group"] for row in trail if row.action == "person.left-group"]
    assert left[::-1] == ["security", "testers", "remote-access"]
    assert members(office) == ()
    assert members(office, "security") == ("carl",)


def test_req_10_who_was_in_the_group_before_stays(office: Office) -> None:
    office.runtime.run(ADMIN, lambda work: people.join(work, "rita", "remote-access", "by hand"))
    publish(
        office,
        {"key": "grant", "joins": "remote-access"},
        {"key": "print", "after": ["grant"]},
    )
    case = ask(office)

    withdraw(office, case)

    assert members(office) == ("rita",)


def test_req_07_a_step_that_cannot_be_done_ends_the_request_with_its_reason(
    office: Office,
) -> None:
    publish(
        office,
        {"key": "grant", "joins": "remote-access"},
        {"key": "print"},
    )
    case = ask(office)

    case.complete(
        "do_step", "ben", step_result="impossible", impossible_reason="The printer is sold"
    )

    assert case.state == "rejected"
    assert case.variable("rejection_reason") == "The printer is sold"
    assert members(office) == ()
    assert ("rita@example.org", f"{case.number} was refused") in case.notices()


def test_what_is_rejected_leaves_no_task_behind(office: Office) -> None:
    case = ask(office, "password")
    office.runtime.run(
        office.person("rita"),
        lambda work: messages.send_offered(
            work, case.id, "withdrawal_asked", {"withdraw_reason": "no need"}
        ),
    )
    assert case.waits_at() == ["agree", "do_step"]

    case.complete("do_step", "ben", step_result="impossible", impossible_reason="Gone")

    assert (case.state, case.status, case.open()) == ("rejected", "completed", [])


def test_req_10_the_same_key_provides_once(office: Office) -> None:
    step, case = {"joins": "remote-access"}, {"number": "REQ-1"}

    def twice(reader_work: Any) -> tuple[object, object]:
        first = handlers.provision(reader_work, "k1", step, "rita", case)
        again = {**case, **first.variables}
        return first.variables, handlers.provision(reader_work, "k1", step, "rita", again).variables

    first, second = office.runtime.run(ADMIN, twice)

    assert first != {}
    assert second == {}
    assert members(office) == ("rita",)
