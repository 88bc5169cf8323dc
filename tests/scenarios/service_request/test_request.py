"""Service requests: from the catalogue to delivery, approved by others, withdrawn in time."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from engine.commands import definitions, messages
from engine.errors import FormRejected, Rejected
from engine.queries import tasks
from itil import catalogue, catalogue_publishing, delegations, links
from tests.conftest import MONDAY
from tests.office import ADMIN, Incident, Office


def ask(office: Office, item: str, as_: str = "rita", **more: object) -> Incident:
    return office.open_case("service_request", as_, summary=f"Please: {item}", item=item, **more)


def do_steps(case: Incident, *logins: str) -> None:
    for login in logins:
        case.complete("do_step", login, step_result="done")


def withdraw(office: Office, case: Incident, as_: str, element: str) -> None:
    office.runtime.run(
        office.person(as_),
        lambda work: messages.send_offered(
            work, case.id, element, {"withdraw_reason": "Found an old one"}
        ),
    )


def test_req_01_a_request_keeps_the_version_of_its_item(office: Office) -> None:
    case = ask(office, "mailbox")
    first = case.variable("item_version")
    document = b"""{"key": "mailbox", "name": {"en": "Mailbox", "zh": "M"},
      "about": {"en": "a", "zh": "a"}, "category": "access", "form": "service_request/item",
      "approval": "manager", "cost": 9,
      "steps": [{"key": "x", "name": {"en": "X", "zh": "X"}, "group": "servers",
                 "instructions": {"en": "Do it", "zh": "Do it"}}]}"""

    office.runtime.run(
        ADMIN,
        lambda work: definitions.deploy(
            work, {"workflows/catalogue/mailbox.json": document}, "dearer"
        ),
    )

    assert case.variable("item_version") == first
    assert case.variable("approval") == "none"
    assert ask(office, "mailbox").variable("approval") == "manager"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"approval": "magic"}, "approval"),
        ({"approval": "group"}, "approver"),
        ({"name": {"en": "x"}}, "name.zh"),
        ({"steps": []}, "steps"),
        ({"cost": -1}, "cost"),
        ({"form": ""}, "form"),
        ({"steps": [{"key": "a"}]}, r"steps\[0\]"),
    ],
)
def test_req_01_an_item_that_cannot_be_is_refused_by_its_field(
    change: dict[str, object], path: str
) -> None:
    texts = {"en": "x", "zh": "x"}
    step = {"key": "a", "name": texts, "group": "g", "instructions": texts}
    good = {"key": "x", "name": texts, "about": texts, "form": "f", "steps": [step]}
    catalogue.read(good)

    with pytest.raises(catalogue.ItemInvalid, match=path):
        catalogue.read({**good, **change})


def test_steps_that_wait_for_each_other_are_refused() -> None:
    texts = {"en": "x", "zh": "x"}
    step = {"name": texts, "group": "g", "instructions": texts}
    circle = [{**step, "key": "a", "after": ["b"]}, {**step, "key": "b", "after": ["a"]}]

    with pytest.raises(catalogue.ItemInvalid, match="wait for each other: a, b"):
        catalogue.read({"key": "x", "name": texts, "about": texts, "form": "f", "steps": circle})


def test_req_02_the_server_checks_the_rules_of_the_form(office: Office) -> None:
    case = ask(office, "mailbox")
    do_steps(case, "nora")

    with pytest.raises(FormRejected, match="missing"):
        case.complete("confirm", "rita", confirmed="no")


def test_req_03_cheap_things_for_everybody_need_no_approval(office: Office) -> None:
    case = ask(office, "password")

    assert case.waits_at() == ["do_step"]


def test_req_03_manager_and_cost_centre_approve_what_is_dear(office: Office) -> None:
    case = ask(office, "laptop")

    assert case.state == "pending_approval"
    office.does("mei", "vote", vote="approve")
    assert case.state == "pending_approval"
    office.does("sam", "vote", vote="approve")
    assert case.state == "in_fulfilment"


def test_req_03_two_of_a_group_approve_what_is_very_dear(office: Office) -> None:
    with office.runtime.read() as reader:
        item = dict(catalogue_publishing.written(reader, "software"))
    item |= {"approval": "group", "approver": "cab", "cost": 6000}
    office.runtime.run(ADMIN, lambda work: catalogue_publishing.publish(work, item, "dearer"))
    case = ask(office, "software")

    office.does("kim", "vote", vote="approve")
    assert case.state == "pending_approval"
    office.does("chen", "vote", vote="approve")

    assert case.state == "in_fulfilment"


def test_req_03_silence_never_approves(office: Office) -> None:
    case = ask(office, "vpn")

    office.advance(days=60)

    assert case.state == "pending_approval"


def test_req_03_a_stand_in_votes_for_who_is_away(office: Office) -> None:
    away = MONDAY + timedelta(days=10)
    office.runtime.run(
        office.person("mei"), lambda work: delegations.add(work, "mei", "sofia", MONDAY, away)
    )

    case = ask(office, "vpn")

    assert case.variable("voters") == ["person:sofia"]
    office.does("sofia", "vote", vote="approve")
    assert case.variable("approved") is True


def test_req_04_nobody_approves_for_themselves_nor_by_a_stand_in(office: Office) -> None:
    own = ask(office, "software", as_="sam")  # sam answers for the money
    assert own.state == "rejected"

    away = MONDAY + timedelta(days=10)
    office.runtime.run(
        office.person("sam"), lambda work: delegations.add(work, "sam", "rita", MONDAY, away)
    )
    by_stand_in = ask(office, "software", as_="rita")
    assert by_stand_in.state == "rejected"


def test_req_05_steps_go_on_at_once_where_they_can_and_in_order_where_they_must(
    office: Office,
) -> None:
    case = ask(office, "laptop")
    office.does("mei", "vote", vote="approve")
    office.does("sam", "vote", vote="approve")
    first = {tuple(task.candidates) for task in case.open()}
    assert first == {("group:workplace",), ("group:servers",)}

    case.complete("do_step", "ben", step_result="done")
    assert len(case.open()) == 1  # installing waits for both
    case.complete("do_step", "nora", step_result="done")
    assert [task.candidates for task in case.open()] == [["group:workplace"]]
    do_steps(case, "ben")
    assert case.state == "in_fulfilment"
    do_steps(case, "ben")

    assert case.state == "fulfilled"
    done = case.variable("fulfilled_steps")
    assert isinstance(done, list)
    assert [one["key"] for one in done][2:] == ["install", "hand-over"]


def test_req_05_one_open_step_keeps_it_from_closing(office: Office) -> None:
    case = ask(office, "laptop")
    office.does("mei", "vote", vote="approve")
    office.does("sam", "vote", vote="approve")
    do_steps(case, "ben")

    office.advance(days=30)

    assert case.state == "in_fulfilment"


def test_req_06_the_step_shows_its_instructions(office: Office) -> None:
    case = ask(office, "password")

    task = case.open()[0]
    with office.runtime.read() as reader:
        step = tasks.variables(reader, task.id)["step"]
    assert isinstance(step, dict)
    assert "call back" in step["instructions"]


def test_req_07_the_requester_hears_why_it_was_refused(office: Office) -> None:
    case = ask(office, "vpn")

    office.does("mei", "vote", vote="reject", reject_reason="Use the terminal server")

    assert case.state == "rejected"
    assert case.variable("rejection_reason") == "Use the terminal server"
    assert ("rita@example.org", f"{case.number} was refused") in case.notices()


def test_who_is_not_entitled_hears_it_at_once(office: Office) -> None:
    case = ask(office, "data-export")

    assert case.state == "rejected"
    assert "not for rita" in str(case.variable("rejection_reason"))


def test_req_08_both_names_are_kept_when_somebody_asks_for_another(office: Office) -> None:
    case = ask(office, "laptop", as_="ben", affected_user="wang")

    assert (case.record.requester, case.record.affected_user) == ("ben", "wang")
    assert case.variable("voters") == ["person:mei", "person:sam"]


def parts(office: Office, case: Incident) -> dict[object, Incident]:
    """The requests that a bundle has brought so far, by their item."""
    with office.runtime.read() as reader:
        numbers = links.others(reader, case.number, "parent")
    found = [office.case(number) for number in numbers]
    return {part.variable("item"): part for part in found}


def test_req_09_a_bundle_is_several_requests_with_one_parent(office: Office) -> None:
    case = ask(office, "onboarding")
    office.does("mei", "vote", vote="approve")
    do_steps(case, "ben")

    assert set(parts(office, case)) == {"laptop", "mailbox"}
    assert case.state == "in_fulfilment"


def test_req_09_an_item_waits_for_those_that_come_first(office: Office) -> None:
    case = ask(office, "onboarding")
    office.does("mei", "vote", vote="approve")
    do_steps(case, "ben")
    laptop, mailbox = (parts(office, case)[item] for item in ("laptop", "mailbox"))

    office.does("mei", "vote", vote="approve")
    office.does("sam", "vote", vote="approve")
    do_steps(laptop, "ben", "nora", "ben", "ben")

    assert laptop.state == "fulfilled"
    assert set(parts(office, case)) == {"laptop", "mailbox"}  # the wave is not over
    do_steps(mailbox, "nora")
    assert set(parts(office, case)) == {"laptop", "mailbox", "vpn"}
    assert case.state == "in_fulfilment"


def test_req_09_a_bundle_is_fulfilled_when_all_its_items_are_settled(office: Office) -> None:
    case = ask(office, "onboarding")
    office.does("mei", "vote", vote="approve")
    do_steps(case, "ben")
    first = parts(office, case)
    office.does("mei", "vote", vote="reject", reject_reason="There is one in stock")
    assert first["laptop"].state == "rejected"
    do_steps(first["mailbox"], "nora")
    vpn = parts(office, case)["vpn"]

    withdraw(office, vpn, "rita", "withdrawn_early")

    assert vpn.state == "cancelled"
    assert case.state == "fulfilled"


def test_req_09_items_of_a_bundle_that_wait_for_each_other_are_refused() -> None:
    texts = {"en": "x", "zh": "x"}
    circle = [{"item": "a", "after": ["b"]}, {"item": "b", "after": ["a"]}]

    with pytest.raises(catalogue.ItemInvalid, match="wait for each other: a, b"):
        catalogue.read({"key": "x", "name": texts, "about": texts, "form": "f", "bundle": circle})


def test_a_bundle_brings_no_other_bundle(office: Office) -> None:
    texts = {"en": "x", "zh": "x"}
    item = {"key": "circle", "name": texts, "about": texts, "category": "x", "cost": 0}
    item |= {"form": "service_request/item", "approval": "none", "bundle": ["onboarding"]}
    with pytest.raises(catalogue.ItemInvalid, match="onboarding is a bundle itself"):
        office.runtime.run(ADMIN, lambda w: catalogue_publishing.publish(w, item, "round"))
    content = orjson.dumps(item)
    office.runtime.run(
        ADMIN,
        lambda w: definitions.deploy(w, {"workflows/catalogue/circle.json": content}, "by file"),
    )

    case = ask(office, "circle")

    part = parts(office, case)["onboarding"]
    assert part.state == "rejected"
    assert "no part of one" in str(part.variable("rejection_reason"))


def test_req_12_the_requester_withdraws_until_somebody_works_on_it(office: Office) -> None:
    case = ask(office, "vpn")

    withdraw(office, case, "rita", "withdrawn_early")

    assert case.state == "cancelled"
    assert office.inbox("mei", "vote") == []


@pytest.mark.parametrize(
    ("answer", "state"), [("agreed", "cancelled"), ("refused", "in_fulfilment")]
)
def test_req_12_later_whoever_fulfils_it_has_to_agree(
    office: Office, answer: str, state: str
) -> None:
    case = ask(office, "password")

    withdraw(office, case, "rita", "withdrawal_asked")
    assert case.waits_at() == ["agree", "do_step"]
    case.complete("agree", "ben", withdrawal=answer)

    assert case.state == state


def test_inc_04_an_incident_becomes_a_request_and_back(office: Office) -> None:
    incident = office.open_incident(summary="I have no VPN")
    office.runtime.run(
        office.person("ben"),
        lambda work: messages.send_offered(
            work, incident.id, "request_wanted", {"resolution": "Goes on as a request"}
        ),
    )
    assert (incident.state, incident.record.resolution_code) == ("closed", "converted")
    request = office.case("REQ-1")
    with office.runtime.read() as reader:
        assert links.others(reader, "REQ-1", "was") == [incident.number]

    request.complete("identify", "ben", identified="incident")

    assert request.state == "closed"
    with office.runtime.read() as reader:
        assert links.others(reader, "INC-2", "was") == ["REQ-1"]
    assert office.case("INC-2").record.summary == "I have no VPN"


def test_silence_after_delivery_closes_it(office: Office) -> None:
    case = ask(office, "password")
    do_steps(case, "ben")
    assert case.state == "fulfilled"

    office.advance(days=5)

    assert case.state == "closed"


def test_delegations_in_a_circle_are_refused(office: Office) -> None:
    end = MONDAY + timedelta(days=1)
    office.runtime.run(
        office.person("mei"), lambda work: delegations.add(work, "mei", "sam", MONDAY, end)
    )

    with pytest.raises(Rejected, match="away then"):
        office.runtime.run(
            office.person("sam"), lambda work: delegations.add(work, "sam", "mei", MONDAY, end)
        )
