"""Catalogue items published on a page by somebody who writes no code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from itil import catalogue
from tests.office import Office
from tests.web.conftest import Browser

ITEM = {
    "item": "monitor",
    "name_en": "Second monitor",
    "name_zh": "第二显示器",
    "about_en": "A monitor for the desk.",
    "about_zh": "办公桌显示器。",
    "category": "hardware",
    "form": "service_request/item",
    "approval": "manager",
    "cost": "200",
    "priority": "3",
    "reason": "Asked for by many",
    "step.key": ["order", "bring"],
    "step.name_en": ["Order it", "Bring it"],
    "step.name_zh": ["订购", "送达"],
    "step.group": ["workplace", "workplace"],
    "step.instructions_en": ["From stock.", "To the desk."],
    "step.instructions_zh": ["从库存。", "送到工位。"],
    "step.after": ["", "order"],
    "step.hours": ["8", "4"],
    "step.joins": ["", ""],
}


def offered(office: Office, login: str) -> set[str]:
    with office.runtime.read() as reader:
        return {item.key for item in catalogue.on_offer(reader, office.person(login))}


def test_req_01_an_item_is_published_on_a_page_and_asked_for(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    olga = visitor("olga")

    sent = olga.post("/catalogue-items", ITEM)

    assert sent.headers["Location"].startswith("/catalogue-items/monitor")
    assert "monitor" in offered(office, "rita")
    asked = visitor("rita").post(
        "/catalogue/monitor", {"field.description": "x"}, "/catalogue/monitor"
    )
    assert asked.status_code == 303
    request = office.case("REQ-1")
    assert request.variable("voters") == ["person:mei"]
    waves = request.variable("waves")
    assert isinstance(waves, list)
    assert [[step["key"] for step in wave] for wave in waves] == [["order"], ["bring"]]


def test_req_01_a_change_is_the_next_version_with_its_reason(
    visitor: Callable[[str], Browser],
) -> None:
    olga = visitor("olga")
    olga.post("/catalogue-items", ITEM)

    olga.post("/catalogue-items", {**ITEM, "cost": "300", "reason": "The price went up"})

    page = olga.get("/catalogue-items/monitor").text
    assert "The price went up" in page
    assert "version 2" in page
    assert 'value="300"' in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"item": "Big Monitor"}, "&#39;key&#39;"),
        ({"reason": " "}, "&#39;reason&#39;"),
        ({"cost": "much"}, "&#39;cost&#39;"),
        ({"valid_from": "2026-05-01", "valid_to": "2026-04-01"}, "ends before it begins"),
        ({"step.after": ["bring", "order"]}, "wait for each other"),
        ({"entitled": ["role:king"]}, "&#39;role:king&#39; is nobody"),
        ({"step.group": ["nobody", "workplace"]}, "no groups nobody"),
        ({"form": "service_request/none"}, "no form"),
    ],
)
def test_req_01_what_is_wrong_is_said_beside_what_was_typed(
    wrong: dict[str, object], said: str, visitor: Callable[[str], Browser], office: Office
) -> None:
    sent = visitor("olga").post("/catalogue-items", {**ITEM, **wrong})

    assert sent.status_code == 422
    assert said in sent.text
    assert "Second monitor" in sent.text
    assert "monitor" not in offered(office, "rita")


def test_req_01_a_cost_centre_may_be_what_entitles(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    visitor("olga").post("/catalogue-items", {**ITEM, "entitled": ["cost-centre:finance"]})
    assert "monitor" in offered(office, "rita")

    again = {**ITEM, "entitled": ["cost-centre:network"], "reason": "for others"}
    visitor("olga").post("/catalogue-items", again)

    assert "monitor" not in offered(office, "rita")


def test_req_01_an_item_is_on_offer_only_in_its_days(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    day = office.clock.now().date()
    days = {"valid_from": str(day + timedelta(days=1)), "valid_to": str(day + timedelta(days=2))}
    visitor("olga").post("/catalogue-items", {**ITEM, **days})
    assert "monitor" not in offered(office, "rita")
    assert visitor("rita").get("/catalogue/monitor").status_code == 404

    office.clock.advance(timedelta(days=2))
    assert "monitor" in offered(office, "rita")

    office.clock.advance(timedelta(days=1))
    assert "monitor" not in offered(office, "rita")


def test_an_emptied_step_is_taken_out(visitor: Callable[[str], Browser], office: Office) -> None:
    visitor("olga").post("/catalogue-items", ITEM)
    emptied = {name: ["", value[1]] for name, value in ITEM.items() if isinstance(value, list)}
    emptied |= {"step.after": ["", ""], "step.hours": ["8", "4"]}

    visitor("olga").post("/catalogue-items", {**ITEM, **emptied, "reason": "from stock"})

    with office.runtime.read() as reader:
        item, _ = catalogue.get(reader, "monitor")
    assert [step.key for step in item.steps] == ["bring"]
