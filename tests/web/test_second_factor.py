"""The second factor at sign-in."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest

import web
from engine.queries import audit
from itil import demo, second_factor
from tests.office import Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]


def digits(office: Office, login: str) -> str:
    """What the person's telephone shows now."""
    with office.runtime.read() as reader:
        secret = reader.connection.execute(
            second_factor.table.select().where(second_factor.table.c.login == login)
        ).one()
    return pyotp.TOTP(secret.secret).at(office.clock.now())


def set_up(office: Office, browser: Browser, login: str) -> None:
    browser.post("/second-factor/begin", {})
    page = browser.get("/second-factor").text
    assert "<svg" in page
    assert "style=" not in page  # our CSP takes none
    sent = browser.post("/second-factor/confirm", {"code": digits(office, login)})
    assert sent.status_code == 303
    office.advance(minutes=1)


def password(stranger: Browser, login: str) -> str:
    sent = stranger.post("/sign-in", {"login": login, "password": demo.PASSWORD}, "/sign-in")
    assert sent.status_code == 200
    return sent.text


def test_aud_18_the_password_alone_does_not_open_the_door(
    office: Office, visitor: Visitor, stranger: Browser
) -> None:
    set_up(office, visitor("ben"), "ben")

    assert "six digits" in password(stranger, "ben")
    assert stranger.get("/inbox").status_code == 302
    code = digits(office, "ben")
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert stranger.post("/sign-in/code", {"code": wrong}, "/sign-in").status_code == 422
    sent = stranger.post("/sign-in/code", {"code": code, "next": "/cases"}, "/sign-in")

    assert sent.headers["Location"] == "/cases"
    assert stranger.get("/inbox").status_code == 200


def test_aud_18_a_code_is_taken_once(office: Office, visitor: Visitor, stranger: Browser) -> None:
    set_up(office, visitor("ben"), "ben")
    password(stranger, "ben")
    code = digits(office, "ben")
    stranger.post("/sign-in/code", {"code": code}, "/sign-in")
    stranger.post("/sign-out", {}, "/inbox")

    password(stranger, "ben")
    assert stranger.post("/sign-in/code", {"code": code}, "/sign-in").status_code == 422


@pytest.mark.parametrize("code", ["", "١٢٣٤٥٦", "12345", "1234567", "abcdef"])
def test_what_are_no_digits_is_wrong(
    office: Office, visitor: Visitor, stranger: Browser, code: str
) -> None:
    set_up(office, visitor("ben"), "ben")
    password(stranger, "ben")
    assert stranger.post("/sign-in/code", {"code": code}, "/sign-in").status_code == 422


def test_aud_18_guesses_are_counted_and_the_password_is_not_good_for_long(
    office: Office, visitor: Visitor, stranger: Browser
) -> None:
    set_up(office, visitor("ben"), "ben")
    password(stranger, "ben")
    for _ in range(5):
        stranger.post("/sign-in/code", {"code": "000"}, "/sign-in")
    code = digits(office, "ben")
    sent = stranger.post("/sign-in/code", {"code": code}, "/sign-in")
    assert sent.headers["Location"] == "/sign-in"

    office.advance(minutes=16)
    password(stranger, "ben")
    office.advance(minutes=6)
    sent = stranger.post("/sign-in/code", {"code": digits(office, "ben")}, "/sign-in")
    assert sent.headers["Location"] == "/sign-in"
    assert stranger.get("/inbox").status_code == 302


def test_aud_18_a_role_can_be_made_to_have_one(office: Office) -> None:
    settings = web.Settings(second_factor_roles=frozenset({"admin"}))
    app = web.build(office.runtime, settings)
    adam = Browser(app.test_client())
    adam.post("/sign-in", {"login": "adam", "password": demo.PASSWORD}, "/sign-in")

    assert adam.get("/people").headers["Location"] == "/second-factor"
    assert "Your role needs" in adam.get("/second-factor").text
    adam.post("/second-factor/begin", {}, "/second-factor")
    adam.post("/second-factor/confirm", {"code": digits(office, "adam")}, "/second-factor")
    assert adam.get("/people").status_code == 200


def test_it_goes_with_a_code_or_with_an_admin(office: Office, visitor: Visitor) -> None:
    ben, nora = visitor("ben"), visitor("nora")
    set_up(office, ben, "ben")
    set_up(office, nora, "nora")

    assert ben.post("/second-factor/begin", {}).status_code == 409
    assert ben.post("/second-factor/remove", {"code": "1"}).status_code == 422
    ben.post("/second-factor/remove", {"code": digits(office, "ben")})
    assert "Take the second factor away" in visitor("adam").get("/people/nora").text
    visitor("adam").post("/people/nora/second-factor", {})

    with office.runtime.read() as reader:
        assert not second_factor.has(reader, "ben")
        assert not second_factor.has(reader, "nora")
        seen = [row.action for row in audit.latest(reader, "system", limit=20)]
    assert seen.count("second-factor.set") == seen.count("second-factor.removed") == 2
