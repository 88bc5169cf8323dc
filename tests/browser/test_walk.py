"""One incident that goes wrong before it goes right: late, escalated, refused, closed by silence.

The clock of the tests moves, and the sweep runs when a test says so; all else goes by the pages.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Person
from tests.browser.test_case_by_keyboard import report
from tests.office import Office

pytestmark = pytest.mark.browser

SignIn = Callable[..., Person]


def row(page: Page, text: str) -> Locator:
    """The row of a list that says this."""
    return page.get_by_role("row").filter(has_text=text)


def classify(agent: Person) -> None:
    """As priority 2: the resolution has eight hours, by day and night."""
    page = agent.page
    agent.open("/inbox?tab=groups")
    row(page, "VPN drops").get_by_role("button", name="Claim and open").click()
    page.get_by_role("combobox", name="Category").select_option("network")
    page.get_by_role("radiogroup", name="Impact").get_by_label("Medium").check()
    page.get_by_role("radiogroup", name="Urgency").get_by_label("High").check()
    page.get_by_role("button", name="Complete task").click()
    expect(page.get_by_role("status")).to_contain_text("The task is complete")


def answer(agent: Person, words: str) -> None:
    """A public word to the requester, which meets the response time."""
    agent.page.get_by_role("textbox", name="Add a comment").fill(words)
    agent.page.get_by_label("The requester can read it").check()
    agent.page.get_by_role("button", name="Send comment").click()
    expect(agent.page.get_by_role("status")).to_contain_text("Your comment was added")


def resolve(agent: Person, how: str) -> None:
    page = agent.page
    agent.open("/inbox?tab=groups")
    row(page, "VPN drops").get_by_role("button", name="Claim and open").click()
    page.get_by_label("Resolved", exact=True).check()
    page.get_by_role("combobox", name="Resolution code").select_option("fixed")
    page.locator("#f-resolution").fill(how)
    page.get_by_role("button", name="Complete task").click()
    expect(page.get_by_role("status")).to_contain_text("The task is complete")
    # The session ends when the clock jumps; the diagram must have its data before.
    expect(page.locator("[data-diagram][data-ready]")).to_be_visible()


def notices(person: Person, subject: str) -> list[str]:
    """To whom the outbox says that this went."""
    person.open("/outbox")
    return row(person.page, subject).locator("td:nth-child(3)").all_inner_texts()


def test_an_incident_is_late_escalated_refused_resolved_and_closed_by_silence(
    person: SignIn, office: Office
) -> None:
    rita, ben = person("rita"), person("ben")
    report(rita, "VPN drops every ten minutes")
    classify(ben)
    answer(ben, "We have it and look for the cause.")

    office.advance(hours=5)
    assert notices(ben, "resolution clock at 75 %") == []
    office.advance(hours=1)
    assert notices(ben, "INC-1 (P2): resolution clock at 75 %") == ["nora@example.org"]
    assert notices(ben, "resolution target missed") == []
    office.advance(hours=2)

    late = person("max")
    missed = notices(late, "INC-1 (P2): resolution target missed")
    assert sorted(missed) == ["max@example.org", "nora@example.org"]
    escalation_is_reviewed(late)

    nora = person("nora")
    nora.open("/cases/INC-1")
    expect(nora.page.get_by_text("missed by")).to_be_visible()
    resolve(nora, "Replaced the concentrator.")
    it_is_refused(rita := person("rita"))
    expect(rita.page.get_by_text("A team has your case")).to_be_visible()
    nora.open("/cases/INC-1")
    expect(nora.page.get_by_text("Reopened 1×")).to_be_visible()
    resolve(nora, "Replaced its power supply, too.")

    office.advance(hours=119)
    rita = person("rita")
    rita.open("/portal/cases/INC-1")
    expect(rita.page.get_by_text("Please confirm.")).to_be_visible()
    office.advance(hours=1)
    rita.open("/portal/cases/INC-1")
    expect(rita.page.get_by_text("This is done.")).to_be_visible()

    ada = person("ada")
    the_trace_tells_it_all(ada)
    assert [p.complaints for p in (rita, ben, late, nora, ada)] == [[]] * 5


def escalation_is_reviewed(manager: Person) -> None:
    page = manager.page
    manager.open("/inbox?tab=groups")
    row(page, "Review escalation").get_by_role("button", name="Claim and open").click()
    assert manager.heading() == "Review escalation"
    expect(page.get_by_text("Clock: resolution, level: 100 %")).to_be_visible()
    page.get_by_role("combobox", name="Cause of the breach").select_option("workload")
    page.locator("#f-breach_action").fill("Called the second shift.")
    page.get_by_role("button", name="Complete task").click()
    expect(page.get_by_role("status")).to_contain_text("The task is complete")
    manager.open("/inbox")
    expect(page.get_by_text("Nothing to do here")).to_be_visible()


def it_is_refused(requester: Person) -> None:
    page = requester.page
    requester.open("/portal")
    page.get_by_role("link", name="Answer").click()
    page.get_by_label("No", exact=True).check()
    page.get_by_label("Comment", exact=True).fill("It drops as before.")
    page.get_by_role("button", name="Send answer").click()
    page.wait_for_url("**/portal/cases/INC-1?done=completed")


def the_trace_tells_it_all(auditor: Person) -> None:
    page = auditor.page
    auditor.open("/cases/INC-1")
    page.get_by_role("link", name="Audit trail", exact=True).last.click()
    expect(page.get_by_text("The record is whole: all")).to_be_visible()
    expect(page.locator("[data-diagram][data-ready]")).to_be_visible()
    drawn = {
        element: page.locator(f'[data-element-id="{element}"]').first.get_attribute("class") or ""
        for element in ("classify", "escalate", "report_breach", "review_escalation", "diagnose",
                        "reopen", "close_unanswered", "incident_closed", "confirm",
                        "review_major", "lead_incident", "await_user")
    }  # fmt: skip
    done = {element for element, classes in drawn.items() if "was-done" in classes}
    never = {"review_major", "lead_incident", "await_user"}
    assert done == drawn.keys() - never
    assert not any("is-open" in classes for classes in drawn.values())

    breach = row(page, "resolution reached 100 %")
    breach.get_by_text("Hierarchic escalation: rules matched: 4, 5").click()
    expect(breach.get_by_text("P2: the incident manager at the breach.")).to_be_visible()
    expect(row(page, "Timer fired")).to_have_count(1)
