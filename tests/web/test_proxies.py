"""Behind proxies: whose address counts, and for how many of them."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

import web
from engine.queries import audit
from itil import demo
from tests.office import Office
from tests.web.conftest import Browser


def browser(office: Office, proxies: int) -> Browser:
    built = web.build(office.runtime, web.Settings(version="test", trusted_proxies=proxies))
    return Browser(built.test_client())


def try_in(stranger: Browser, forwarded: str, password: str = "guess") -> TestResponse:
    csrf, key = stranger.tokens("/sign-in")
    fields = {"csrf": csrf, "key": key, "login": "ben", "password": password}
    headers = {"X-Forwarded-For": forwarded}
    return stranger.client.post("/sign-in", data=fields, headers=headers)


def address(office: Office) -> object:
    with office.runtime.read() as reader:
        return audit.latest(reader, "system", limit=1)[0].details["address"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counts"),
    [
        (0, "203.0.113.7", "127.0.0.1"),  # nobody in front: anybody may have written it
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "10.9.9.9, 203.0.113.7", "203.0.113.7"),  # the client lied; its proxy did not
        (2, "10.9.9.9, 203.0.113.7, 192.0.2.1", "203.0.113.7"),
        (2, "203.0.113.7", "127.0.0.1"),  # one was passed by
    ],
)
def test_an_address_is_the_one_that_the_trusted_proxies_saw(
    office: Office, proxies: int, forwarded: str, counts: str
) -> None:
    assert try_in(browser(office, proxies), forwarded).status_code == 422
    assert address(office) == counts


def test_guessing_behind_a_proxy_locks_out_the_guesser_and_nobody_else(office: Office) -> None:
    stranger = browser(office, 1)
    for _ in range(5):
        try_in(stranger, "203.0.113.7")

    assert try_in(stranger, "203.0.113.7", demo.PASSWORD).status_code == 429
    assert try_in(stranger, "198.51.100.4", demo.PASSWORD).status_code == 303
