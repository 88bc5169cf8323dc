"""An operator helps a stalled job from the keyboard, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from engine.commands import definitions, instances
from engine.topics import Outcome, Retry
from tests.browser.conftest import Person
from tests.browser.test_looks import PALE
from tests.desk import Case
from tests.drawing import diagram, end, service, start, user
from tests.office import ADMIN, Office

pytestmark = pytest.mark.browser

ORDER = diagram(
    start(),
    service("pay", "pay"),
    user("check"),
    end(),
    flows=[("begin", "pay"), ("pay", "check"), ("check", "done")],
    pid="order",
)


@pytest.fixture
def case(office: Office) -> Case:
    """An order whose amount is no number: its payment is stalled."""

    @office.runtime.topics.handles("pay")
    def pay(amount: object) -> Outcome:
        if not isinstance(amount, int):
            raise Retry(None, f"'{amount}' is no amount")
        return Outcome({"paid": amount})

    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, {"o.bpmn": ORDER}, "test"))
    start_one = lambda work: instances.start(work, "order", {"amount": "ten"})  # noqa: E731
    return Case(office, office.runtime.run(ADMIN, start_one)["instance"])


def test_a_stalled_job_is_found_mended_and_tried_again(
    person: Callable[..., Person], case: Case
) -> None:
    olga = person("olga")
    page = olga.page
    page.get_by_text("Operation 1").press("Enter")
    page.get_by_role("link", name="Jobs 1").click()
    page.get_by_role("link", name="pay", exact=True).press("Enter")
    expect(page.get_by_text("'ten' is no amount")).to_be_visible()

    field = page.get_by_label("What it sees, as JSON")
    field.fill('{"amount": 10')
    page.get_by_label("Reason", exact=True).first.fill("a number was meant")
    page.get_by_role("button", name="Save variables").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("are no JSON")
    expect(field).to_have_value('{"amount": 10')

    field.fill('{"amount": 10}')
    page.get_by_role("button", name="Save variables").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The variables were saved")
    page.get_by_role("button", name="Try now").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("the process went on")

    assert (case.waits_at(), case.variable("paid")) == (["check"], 10)
    # The drawing of this test has no places, which the viewer says.
    odd = [text for text in olga.complaints if "422" not in text and "diagram" not in text]
    assert odd == []


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("login", ["adam", "ada"])
def test_every_text_about_jobs_and_tokens_has_enough_contrast(
    person: Callable[..., Person], login: str, scheme: str
) -> None:
    somebody = person(login, color_scheme=scheme)
    pale = {}
    for path in ("/jobs", "/jobs/1", "/tokens"):
        somebody.open(path)
        pale[path] = somebody.page.evaluate(PALE)
    assert pale == {path: [] for path in pale}
