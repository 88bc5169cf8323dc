"""An owner moves a case to another version and its token to another task, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from engine.jobs import migrations as job
from tests.browser.conftest import Person
from tests.office import Office
from tests.web.test_versions import deploy_second

pytestmark = pytest.mark.browser

SignIn = Callable[..., Person]


def test_an_owner_migrates_a_case_and_moves_its_token_without_scripts(
    person: SignIn, office: Office
) -> None:
    incident = office.open_incident()
    incident.complete("classify", "ben", category="network", service="network", impact=3, urgency=3)
    deploy_second(office)
    olga = person("olga", java_script_enabled=False)

    olga.open("/processes/incident")
    olga.page.get_by_role("link", name="Move instances").click()
    olga.page.get_by_label("version 1 (1 running)").check()
    olga.page.get_by_role("button", name="Try it").click()
    expect(olga.page.get_by_text("1 can move")).to_be_visible()
    olga.page.get_by_role("textbox", name="Reason").fill("clearer names")
    olga.page.get_by_role("button", name="Begin the migration").click()
    expect(olga.page.get_by_text("running", exact=True)).to_be_visible()
    job.run_due(office.runtime)
    olga.page.get_by_role("link", name="Reload").click()
    expect(olga.page.get_by_text("done", exact=True)).to_be_visible()
    assert incident.waits_at() == ["find_cause"]

    olga.open("/cases/INC-1")
    olga.page.get_by_role("link", name="Intervene").click()
    move = olga.page.locator("form[action$='/move']")
    move.get_by_label("From").select_option("find_cause")
    move.get_by_label("To").select_option("confirm")
    move.get_by_label("Reason").fill("Solved on the phone")
    move.get_by_role("button", name="Move").click()
    expect(olga.page.get_by_role("status")).to_contain_text("The token was moved.")
    assert incident.waits_at() == ["confirm"]
    assert olga.complaints == []
