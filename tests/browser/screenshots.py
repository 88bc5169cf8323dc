"""Takes the pictures of docs/screenshots: `python -m tests.browser.screenshots`.

A made-up installation is furnished, a few incidents are moved on, and a browser looks at them.
"""

from __future__ import annotations

import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from waitress.server import create_server

import web
from engine.clock import ManualClock
from engine.commands import drafts
from itil import demo
from scripts import machine
from tests import office
from tests.office import Office

FOLDER = machine.ROOT / "docs" / "screenshots"
#: Name of the picture, who looks, at what, how.
PICTURES = (
    ("portal", "rita", "/portal", {}),
    ("report", "rita", "/portal/report", {}),
    ("work-list", "ben", "/inbox?tab=groups", {}),
    ("task", "nora", "/tasks/2", {}),
    ("case", "nora", "/cases/INC-1", {}),
    ("case-dark-zh", "li", "/cases/INC-1", {"color_scheme": "dark"}),
    ("work-list-phone-zh", "li", "/inbox?tab=groups", {"viewport": {"width": 390, "height": 844}}),
    ("audit-trail", "ada", "/instances/1", {}),
    ("process", "olga", "/processes/incident", {}),
    ("intervene", "olga", "/instances/1/steer", {}),
    ("draft", "olga", "/drafts/1", {}),
)


def furnish(desk: Office) -> None:
    """A morning's incidents."""
    vpn = desk.open_incident(
        summary="VPN drops every ten minutes",
        description="Since this morning.\n\n- Error **809**\n- A restart did not help",
        service="network",
        urgency=1,
        affected_users=40,
    )
    vpn.claim("classify", "ben")
    desk.advance(minutes=4)
    vpn.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)
    vpn.comment("We found the faulty concentrator and are replacing it.", "nora")
    for summary, service in (
        ("Mail does not open", "mail"),
        ("Printer on floor 3 jams", "printing"),
        ("No access to the order form", "erp"),
    ):
        desk.advance(minutes=7)
        desk.open_incident(summary=summary, service=service, urgency=2)
    olga = desk.person("olga")
    desk.runtime.run(olga, lambda work: drafts.keep(work, {"leave.bpmn": BARE}))


#: As other products draw: people in lanes, no settings.
BARE = (
    b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="n">'
    b'<process id="leave" name="Leave request"><startEvent id="asked" name="Asked"/>'
    b'<task id="look" name="Look at it"/><exclusiveGateway id="fit" name="Fits?"/>'
    b'<task id="enter" name="Enter it"/><task id="tell" name="Explain why not"/>'
    b'<endEvent id="done" name="Done"/>'
    b'<sequenceFlow id="f1" sourceRef="asked" targetRef="look"/>'
    b'<sequenceFlow id="f2" sourceRef="look" targetRef="fit"/>'
    b'<sequenceFlow id="f3" name="yes" sourceRef="fit" targetRef="enter"/>'
    b'<sequenceFlow id="f4" name="no" sourceRef="fit" targetRef="tell"/>'
    b'<sequenceFlow id="f5" sourceRef="enter" targetRef="done"/>'
    b'<sequenceFlow id="f6" sourceRef="tell" targetRef="done"/></process></definitions>'
)


def look(page: Page, address: str, login: str, path: str) -> None:
    """Sign in and open a page, with its diagram drawn."""
    page.goto(f"{address}/sign-in")
    page.fill("#login", login)
    page.fill("#password", demo.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(address + path)
    if page.locator("[data-diagram]").count():
        page.locator("[data-diagram][data-ready]").wait_for()


def take(browser: Browser, address: str) -> None:
    """Every picture, one after the other."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, login, path, options in PICTURES:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        page = context.new_page()
        look(page, address, login, path)
        page.screenshot(path=FOLDER / f"{name}.png", full_page=True)
        context.close()


def main() -> None:
    """Furnish, serve, look."""
    clock = ManualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as folder, office.opened(Path(folder), clock) as desk:
        furnish(desk)
        application = web.build(desk.runtime, web.Settings(version="0.1.0"))
        server = create_server(application, host="127.0.0.1", port=0)
        thread = threading.Thread(target=server.run)
        thread.start()
        with sync_playwright() as playwright:
            program = machine.chromium()
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            take(browser, f"http://127.0.0.1:{server.effective_port}")
            browser.close()
        server.close()
        server.task_dispatcher.shutdown()
        thread.join(10)


if __name__ == "__main__":
    main()
