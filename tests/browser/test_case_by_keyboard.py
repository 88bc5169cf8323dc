"""One incident from report to closing, as people do it: the agents without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person
from tests.office import Office

pytestmark = pytest.mark.browser

SignIn = Callable[..., Person]


def pick(page: Page, label: str) -> None:
    """Reach an option of a radio group with the keyboard and take it."""
    page.get_by_label(label, exact=True).focus()
    page.keyboard.press("Space")


def choose(page: Page, label: str, first_letters: str) -> None:
    """Choose from a list by typing."""
    page.get_by_role("combobox", name=label).focus()
    page.keyboard.type(first_letters)


def report(person: Person, summary: str) -> None:
    page = person.page
    page.get_by_role("link", name="Report an incident").click()
    page.get_by_label("What does not work?").fill(summary)
    page.get_by_label("What happens, since when").fill("Error 809 after a minute")
    page.get_by_label("Which service?").select_option("network")
    page.get_by_label("Work is hampered").check()
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("status")).to_contain_text("We have your report")


def claim_next(person: Person) -> None:
    """Take the most urgent task of one's groups with two keys."""
    person.open("/inbox?tab=groups")
    person.page.keyboard.press("j")
    person.page.keyboard.press("c")
    person.page.wait_for_url("**/tasks/*")


def test_an_incident_is_reported_resolved_by_keyboard_confirmed_and_traced(
    person: SignIn, office: Office
) -> None:
    rita, ben, nora, ada = (person(login) for login in ("rita", "ben", "nora", "ada"))

    report(rita, "VPN drops every ten minutes")

    claim_next(ben)
    assert ben.heading() == "Classify"
    choose(ben.page, "Category", "Net")
    ben.page.get_by_role("radiogroup", name="Impact").get_by_label("Medium").focus()
    ben.page.keyboard.press("Space")
    ben.page.get_by_role("button", name="Complete task").press("Enter")
    expect(ben.page.get_by_role("status")).to_contain_text("The task is complete")

    claim_next(nora)
    assert nora.heading() == "Diagnose"
    pick(nora.page, "Resolved")
    nora.page.get_by_role("combobox", name="Resolution code").wait_for()
    choose(nora.page, "Resolution code", "Fixed")
    nora.page.locator("#f-resolution").focus()
    nora.page.keyboard.type("Replaced the concentrator.")
    nora.page.get_by_role("button", name="Complete task").press("Enter")
    expect(nora.page.get_by_role("status")).to_contain_text("The task is complete")

    rita.open("/portal")
    rita.page.get_by_role("link", name="Answer").click()
    rita.page.get_by_label("Yes", exact=True).check()
    rita.page.get_by_role("button", name="Send answer").click()
    expect(rita.page.get_by_text("This is done.")).to_be_visible()

    ada.open("/cases/INC-1")
    ada.page.get_by_role("link", name="Audit trail", exact=True).last.click()
    expect(ada.page.get_by_text("The record is whole")).to_be_visible()
    expect(ada.page.locator("[data-diagram][data-ready]")).to_be_visible()
    expect(ada.page.locator('[data-element-id="classify"].was-done')).to_have_count(1)
    expect(ada.page.locator('[data-element-id="confirm"].was-done')).to_have_count(1)
    assert office.person("rita").name == "rita"
    assert [p.complaints for p in (rita, ben, nora, ada)] == [[], [], [], []]


def test_the_shortcut_sheet_opens_with_a_question_mark_and_closes_with_escape(
    person: SignIn,
) -> None:
    ben = person("ben")
    sheet = ben.page.get_by_role("dialog", name="Keyboard shortcuts")

    ben.page.keyboard.press("?")
    expect(sheet).to_be_visible()
    ben.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_a_step_in_the_list_is_shown_on_the_diagram(person: SignIn, office: Office) -> None:
    incident = office.open_incident(summary="Mail is slow")
    incident.complete("classify", "ben", category="software", impact=2, urgency=2)
    ben = person("ben")

    ben.open(f"/cases/{incident.number}")
    expect(ben.page.locator("[data-diagram][data-ready]")).to_be_visible()
    step = ben.page.get_by_role("button", name="Prioritise")
    step.focus()
    ben.page.keyboard.press("Enter")

    expect(step).to_have_attribute("aria-pressed", "true")
    expect(ben.page.locator('[data-element-id="prioritise"].is-pointed')).to_have_count(1)
    expect(ben.page.locator(".bjs-powered-by")).to_be_visible()
    assert ben.complaints == []


def test_work_goes_on_without_scripts(person: SignIn, office: Office) -> None:
    incident = office.open_incident(summary="Printer jams")
    ben = person("ben", java_script_enabled=False)

    ben.open("/inbox?tab=groups")
    ben.page.get_by_role("button", name="Claim and open").click()
    ben.page.get_by_role("combobox", name="Category").select_option("hardware")
    ben.page.get_by_role("radiogroup", name="Impact").get_by_label("Low").check()
    ben.page.get_by_role("radiogroup", name="Urgency").get_by_label("Low").check()
    ben.page.get_by_role("button", name="Complete task").click()

    expect(ben.page.get_by_role("status")).to_contain_text("The task is complete")
    assert incident.waits_at() == ["diagnose"]
