"""A drawing of another product: imported, given to people, deployed, started and done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from engine.bpmn.foreign import layout
from engine.commands import drafts, instances
from tests.browser.conftest import Person
from tests.browser.test_looks import PALE
from tests.office import Office
from tests.unit.bpmn.foreign.files import file, flow

pytestmark = pytest.mark.browser

SOURCE = layout.with_layout(
    file(
        '<startEvent id="s"/><task id="t" name="Check the order"/>',
        '<exclusiveGateway id="g" name="In stock?"/><serviceTask id="ship" name="Ship"/>',
        '<task id="buy" name="Buy more"/><endEvent id="e"/>',
        flow("s", "t") + flow("t", "g") + flow("g", "ship") + flow("g", "buy"),
        flow("ship", "e") + flow("buy", "e"),
    ),
    "order.bpmn",
)


def test_a_drawing_is_imported_deployed_and_done_by_people(
    person: Callable[..., Person], office: Office
) -> None:
    olga = person("olga")
    page = olga.page
    olga.open("/processes")
    page.get_by_role("link", name="Import").click()
    upload = {"name": "order.bpmn", "mimeType": "application/xml", "buffer": SOURCE}
    page.get_by_label("Files").set_input_files(upload)  # type: ignore[arg-type]
    page.get_by_role("button", name="Import as drafts").click()

    expect(page.get_by_role("status")).to_contain_text("kept as a draft")
    expect(page.locator("[data-diagram][data-ready]")).to_be_visible()
    expect(page.locator(".djs-element.has-error")).to_have_count(3)
    expect(page.get_by_role("button", name="Deploy this draft")).to_have_count(0)
    page.get_by_label("Elements with findings").get_by_role(
        "button", name="Ship", exact=True
    ).click()
    expect(page.locator(".djs-element.is-pointed")).to_have_count(1)

    page.get_by_label("Group that does the tasks").select_option("service-desk")
    page.get_by_role("button", name="Make it executable").click()
    expect(page.get_by_role("status")).to_contain_text("The draft was changed")
    expect(page.locator(".djs-element.has-error")).to_have_count(0)
    page.get_by_label("Reason").first.fill("orders run here now")
    page.get_by_role("button", name="Deploy this draft").click()
    expect(page.get_by_role("status")).to_contain_text("The files were deployed")
    assert olga.complaints == []

    olga_now = office.person("olga")
    office.runtime.run(olga_now, lambda work: instances.start(work, "p", {}, None))
    ben = person("ben")
    ben.open("/inbox?tab=groups")
    row = ben.page.get_by_role("row").filter(has_text="Check the order")
    row.get_by_role("button", name="Claim and open").click()
    ben.page.get_by_role("combobox", name="In stock?").select_option("Buy more")
    ben.page.get_by_role("button", name="Complete task").click()
    expect(ben.page.get_by_role("status")).to_contain_text("The task is complete")
    ben.open("/inbox?tab=groups")
    expect(ben.page.get_by_role("row").filter(has_text="Buy more")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_drafts_can_be_read_and_fit_a_phone(
    person: Callable[..., Person], office: Office, scheme: str
) -> None:
    olga_now = office.person("olga")
    office.runtime.run(olga_now, lambda work: drafts.keep(work, {"order.bpmn": SOURCE}))
    olga = person("olga", color_scheme=scheme, viewport={"width": 390, "height": 844})
    for path in ("/drafts", "/drafts/1"):
        olga.open(path)
        assert olga.page.evaluate(PALE) == [], path
        assert olga.page.evaluate("() => document.documentElement.scrollWidth") == 390, path


def test_a_drawing_that_cannot_be_drawn_says_so_and_keeps_its_list(
    person: Callable[..., Person], office: Office
) -> None:
    source = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'
    olga_now = office.person("olga")
    office.runtime.run(olga_now, lambda work: drafts.keep(work, {"c.bpmn": source}))
    olga = person("olga")

    olga.open("/drafts/1")

    expect(olga.page.locator("[data-diagram][data-ready]")).to_contain_text("cannot be drawn")
    expect(olga.page.get_by_role("heading", name="What stands in the way")).to_be_visible()
