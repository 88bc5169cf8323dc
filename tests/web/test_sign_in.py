"""Signing in and out, sessions and where a change may come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

import web
from engine.queries import audit
from itil import demo, people
from tests.office import Incident, Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]


def sign_in(browser: Browser, login: str, password: str, **more: str) -> tuple[int, str]:
    fields = {"login": login, "password": password, **more}
    answer = browser.post("/sign-in", fields, page="/sign-in")
    return answer.status_code, answer.headers.get("Location", answer.get_data(as_text=True))


def actions(office: Office) -> list[str]:
    with office.runtime.read() as reader:
        return [row.action for row in audit.latest(reader, "system", limit=5)]


def test_a_person_signs_in_and_comes_to_their_first_page(stranger: Browser) -> None:
    assert sign_in(stranger, "ben", demo.PASSWORD) == (303, "/")
    assert stranger.get("/").headers["Location"] == "/inbox"


@pytest.mark.parametrize(
    ("login", "place"),
    [("rita", "/portal"), ("ada", "/cases"), ("olga", "/inbox"), ("adam", "/inbox")],
)
def test_the_first_page_depends_on_the_roles(visitor: Visitor, login: str, place: str) -> None:
    assert visitor(login).get("/").headers["Location"] == place


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Browser) -> None:
    csrf, key = stranger.tokens("/sign-in")
    answer = stranger.client.post(
        "/sign-in", data={"csrf": csrf, "key": key, "login": "ben", "password": demo.PASSWORD}
    )

    cookies = answer.headers.getlist("Set-Cookie")
    session = next(c for c in cookies if c.startswith("signalbox_session="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(stranger: Browser) -> None:
    wrong, unknown = sign_in(stranger, "ben", "guess"), sign_in(stranger, "bob", "guess")

    assert wrong[0] == unknown[0] == 422
    for _, text in (wrong, unknown):
        assert "do not match" in text


def test_aud_18_after_five_wrong_passwords_the_login_has_to_wait(
    stranger: Browser, office: Office
) -> None:
    for _ in range(5):
        sign_in(stranger, "ben", "guess")

    status, text = sign_in(stranger, "ben", demo.PASSWORD)
    assert status == 429
    assert "Too many failed attempts" in text

    office.advance(minutes=16)
    assert sign_in(stranger, "ben", demo.PASSWORD)[0] == 303


def test_the_page_that_was_asked_for_follows_the_sign_in(stranger: Browser) -> None:
    assert stranger.get("/cases?text=vpn").headers["Location"] == "/sign-in?next=/cases?text%3Dvpn"
    assert sign_in(stranger, "ben", demo.PASSWORD, next="/cases?text=vpn")[1] == "/cases?text=vpn"


@pytest.mark.parametrize("place", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_no_other_site_can_follow_the_sign_in(stranger: Browser, place: str) -> None:
    assert sign_in(stranger, "ben", demo.PASSWORD, next=place)[1] == "/"


def test_signing_out_ends_the_session_on_the_server(visitor: Visitor) -> None:
    browser = visitor("ben")
    token = browser.client.get_cookie("signalbox_session")
    assert token is not None

    browser.post("/sign-out", {})
    browser.client.set_cookie("signalbox_session", token.value)

    assert browser.get("/inbox").status_code == 302


def test_a_deactivated_person_is_out_at_once(visitor: Visitor, office: Office) -> None:
    browser = visitor("ben")
    office.runtime.run(office.person("adam"), lambda work: people.deactivate(work, "ben"))

    assert browser.get("/inbox").status_code == 302


def test_aud_18_a_session_ends_when_it_is_not_used(visitor: Visitor, office: Office) -> None:
    browser = visitor("ben")
    office.clock.advance(timedelta(hours=7))
    assert browser.get("/inbox").status_code == 200
    office.clock.advance(timedelta(hours=7))
    assert browser.get("/inbox").status_code == 200
    office.clock.advance(timedelta(hours=9))
    assert browser.get("/inbox").status_code == 302


def test_aud_18_a_form_without_the_token_of_the_session_changes_nothing(
    visitor: Visitor, incident: Incident
) -> None:
    ben, sofia = visitor("ben"), visitor("sofia")
    stolen, _ = sofia.tokens()

    for csrf in ("", "0" * 64, stolen, "ключ"):
        answer = ben.client.post("/tasks/1/claim", data={"csrf": csrf})
        assert answer.status_code == 403
        assert "nothing was changed" in answer.get_data(as_text=True)
    assert incident.open()[0].assignee is None


def test_a_form_sent_by_another_site_changes_nothing(visitor: Visitor, incident: Incident) -> None:
    ben = visitor("ben")
    csrf, key = ben.tokens()

    answer = ben.client.post(
        "/tasks/1/claim",
        data={"csrf": csrf, "key": key},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert incident.open()[0].assignee is None


def test_aud_17_a_refused_page_is_in_the_audit_trail(visitor: Visitor, office: Office) -> None:
    assert visitor("rita").get("/outbox").status_code == 403

    assert "refused" in actions(office)


def test_the_demo_people_are_listed_in_a_demo_only(pages: Flask, office: Office) -> None:
    demo_site = web.build(
        office.runtime, web.Settings(demo=True, demo_people=(("rita", "public password"),))
    )
    real = web.build(
        office.runtime, web.Settings(demo=False, demo_people=(("rita", "public password"),))
    )

    assert "public password" in demo_site.test_client().get("/sign-in").get_data(as_text=True)
    assert "public password" not in real.test_client().get("/sign-in").get_data(as_text=True)
    assert pages is not real


def test_the_language_belongs_to_the_person_and_before_that_to_the_browser(
    visitor: Visitor, stranger: Browser, office: Office
) -> None:
    assert "登录" in stranger.get("/sign-in", **{"Accept-Language": "zh-CN,zh;q=0.9"}).text
    ben = visitor("ben")

    ben.post("/language", {"language": "zh", "next": "/inbox"})

    assert "工作列表" in ben.get("/inbox").text
    with office.runtime.read() as reader:
        assert people.by_login(reader, "ben").language == "zh"


def test_behind_https_the_cookies_and_the_host_are_bound_to_it(office: Office) -> None:
    site = web.build(office.runtime, web.Settings(secure_cookies=True))

    answer = site.test_client().get("/sign-in")

    assert "Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.org",
        "/\\evil.org",
        "/\t/evil.org",
        "/\r/evil.org",
        "https://evil.org",
        "evil",
        "/a b",
    ],
)
def test_signing_in_never_leads_to_another_host(
    visitor: Callable[[str], Browser], elsewhere: str
) -> None:
    answer = visitor("rita").post("/language", {"language": "en", "next": elsewhere})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(
    "path",
    [
        "/cases?before=INC9999999",
        "/portal?before=%00",
        "/tasks/" + "9" * 30,
        "/instances/" + "9" * 30,
    ],
)
def test_absurd_addresses_are_answered_in_words(
    visitor: Callable[[str], Browser], path: str
) -> None:
    assert visitor("ben").get(path).status_code in (200, 404, 422)
