"""What a requester sees of the way of a request."""

from __future__ import annotations

import re
from collections.abc import Callable

from itil import catalogue_publishing, fulfilment
from tests.office import ADMIN, Incident, Office
from tests.web.conftest import Browser


def ask(office: Office, item: str, **more: object) -> Incident:
    return office.open_case("service_request", "rita", summary=f"Please: {item}", item=item, **more)


def steps(office: Office, case: Incident) -> dict[str, tuple[str, str]]:
    with office.runtime.read() as reader:
        found = fulfilment.progress(reader, case.record)
    assert found is not None
    return {step.key: (step.state, step.holder) for step in found.steps}


def panel(page: str) -> str:
    found = re.search(r'aria-labelledby="fulfilment".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def test_req_11_the_requester_sees_who_approves_and_until_when(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    case = ask(office, "vpn")

    shown = panel(visitor("rita").get(f"/portal/cases/{case.number}").text)

    assert "Mei Director" in shown
    assert "chip" in shown.partition("Mei Director")[2]
    assert "Grant access" in shown


def test_req_11_the_requester_sees_each_step_and_who_has_it(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    case = ask(office, "laptop")
    office.does("mei", "vote", vote="approve")
    office.does("sam", "vote", vote="approve")
    case.complete("do_step", "ben", step_result="done")
    case.claim("do_step", "nora")

    assert steps(office, case) == {
        "order": ("done", "group:workplace"),
        "account": ("open", "person:nora"),
        "install": ("waiting", "group:workplace"),
        "hand-over": ("waiting", "group:workplace"),
    }
    shown = panel(visitor("rita").get(f"/portal/cases/{case.number}").text)
    assert "Nora Network" in shown
    assert shown.index("Order it") < shown.index("Hand it over")


def test_req_11_the_steps_are_those_of_the_version_it_began_with(office: Office) -> None:
    case = ask(office, "password")
    with office.runtime.read() as reader:
        item = dict(catalogue_publishing.written(reader, "password"))
    step = {**item["steps"][0], "key": "check", "after": ["reset"]}
    longer = {**item, "steps": [*item["steps"], step]}

    office.runtime.run(ADMIN, lambda work: catalogue_publishing.publish(work, longer, "longer"))

    assert list(steps(office, case)) == ["reset"]
    assert list(steps(office, ask(office, "password"))) == ["reset", "check"]


def test_req_09_a_bundle_shows_its_parts_in_one_view(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    case = ask(office, "onboarding")
    office.does("mei", "vote", vote="approve")
    case.complete("do_step", "ben", step_result="done")

    shown = panel(visitor("rita").get(f"/portal/cases/{case.number}").text)

    for number in ("REQ-2", "REQ-3"):
        assert f'href="/portal/cases/{number}"' in shown
    assert 'href="/cases/REQ-2"' in panel(visitor("ben").get(f"/cases/{case.number}").text)


def test_an_incident_has_no_steps(office: Office) -> None:
    incident = office.open_incident()

    with office.runtime.read() as reader:
        assert fulfilment.progress(reader, incident.record) is None


def test_req_11_a_step_that_is_tried_by_itself_has_begun(office: Office) -> None:
    with office.runtime.read() as reader:
        item = dict(catalogue_publishing.written(reader, "password"))
    item["steps"] = [{**item["steps"][0], "joins": "remote-access"}]
    office.runtime.run(ADMIN, lambda work: catalogue_publishing.publish(work, item, "by itself"))

    case = ask(office, "password", affected_user="newcomer")

    assert steps(office, case) == {"reset": ("open", "")}


def test_what_was_withdrawn_shows_no_step_that_comes_later(office: Office) -> None:
    case = ask(office, "vpn")
    office.does("mei", "vote", vote="reject", reject_reason="No")

    assert steps(office, case) == {}
