"""A real browser on a real server, with the clock of the tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from waitress import wasyncore
from waitress.server import create_server

import web
from itil import demo
from scripts import machine
from tests.office import Office
from web import bundle


@dataclass
class Person:
    """Somebody at a browser; everything the page complained about is kept."""

    page: Page
    complaints: list[str]
    address: str

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def heading(self) -> str:
        return self.page.locator("h1").inner_text()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = machine.chromium()
    if program is None:
        pytest.skip("no Chromium on this machine: `make test` installs one")
    if bundle.load().island("viewer") is None:
        pytest.skip("the browser assets are not built: run `python scripts/assets.py`")
    # Chromium's sandbox does not start for root, which containers usually are.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


@pytest.fixture
def served(office: Office) -> Iterator[str]:
    """The address of the pages."""
    application = web.build(office.runtime, web.Settings(demo=True, version="test"))
    server = create_server(application, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    # The loop itself closes what is open: another thread would close sockets that it waits on.
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    server.task_dispatcher.shutdown()
    thread.join(10)


@pytest.fixture
def person(chromium: Browser, served: str) -> Iterator[Callable[..., Person]]:
    """Sign somebody in, each in a browser of their own."""
    contexts: list[BrowserContext] = []

    def sign_in(login: str, **options: object) -> Person:
        context = chromium.new_context(locale="en-GB", **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(10_000)
        found = Person(context.new_page(), [], served)
        # What the content security policy refuses is an error on the console.
        found.page.on(
            "console", lambda m: found.complaints.append(m.text) if m.type == "error" else None
        )
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.open("/sign-in")
        found.page.fill("#login", login)
        found.page.fill("#password", demo.PASSWORD)
        found.page.keyboard.press("Enter")
        found.page.wait_for_url(lambda url: "/sign-in" not in url)
        return found

    yield sign_in
    for context in contexts:
        context.close()
