"""Every page for every role: who may open it, and what each answer must carry."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from engine.commands import definitions, migrations
from engine.store.unit_of_work import UnitOfWork
from itil import attachments, findings, knowledge, webhooks
from tests.office import ADMIN, Incident, Office
from tests.web.conftest import Browser
from tests.web.desk_pages import DESK_PAGES, leave_note
from web.errors import PROGRAMS
from web.security import POLICY

ROOT = Path(__file__).parents[2]
#: One person for each role, and who of them may what.
EVERYBODY = ("rita", "ben", "sofia", "max", "olga", "ada", "adam")
STAFF = {"ben", "sofia", "max", "olga", "adam"}
READERS = STAFF | {"ada"}
DOERS = STAFF | {"rita"}
OWNERS = {"olga", "adam"}
OVERSEERS = OWNERS | {"ada"}

#: Method and rule of a page -> an address of it, and who may use it.
PAGES: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("GET", "/"): ("/", set(EVERYBODY)),
    ("POST", "/sign-out"): ("/sign-out", set(EVERYBODY)),
    ("GET", "/inbox"): ("/inbox?tab=groups", STAFF),
    ("POST", "/tasks/<int:task_id>/claim"): ("/tasks/1/claim", {"ben", "sofia"}),
    # Nobody has claimed it: 409.
    ("POST", "/tasks/<int:task_id>/release"): ("/tasks/1/release", STAFF),
    ("GET", "/tasks/<int:task_id>"): ("/tasks/1", READERS),
    ("POST", "/tasks/<int:task_id>"): ("/tasks/1", {"ben", "sofia"}),
    ("GET", "/portal"): ("/portal", DOERS),
    ("GET", "/portal/report"): ("/portal/report", DOERS),
    ("POST", "/portal/report"): ("/portal/report", DOERS),
    ("GET", "/portal/cases/<number>"): ("/portal/cases/INC-1", {"rita"}),
    ("POST", "/portal/cases/<number>/comments"): ("/portal/cases/INC-1/comments", {"rita"}),
    **DESK_PAGES,
    ("GET", "/cases"): ("/cases", READERS),
    ("GET", "/delegations"): ("/delegations", DOERS),
    # Sent without a colleague: 422.
    ("POST", "/delegations"): ("/delegations", DOERS),
    ("POST", "/delegations/<int:delegation>/end"): ("/delegations/99/end", DOERS),
    ("GET", "/reports"): ("/reports", READERS),
    ("GET", "/reports/management.json"): ("/reports/management.json", READERS),
    ("GET", "/samples"): ("/samples", {"ada", "adam"}),
    ("GET", "/cases/<number>/file.zip"): ("/cases/INC-1/file.zip", {"ada", "adam"}),
    ("GET", "/webhooks"): ("/webhooks", {"adam"}),
    # Sent without a name: 422.
    ("POST", "/webhooks"): ("/webhooks", {"adam"}),
    ("POST", "/webhooks/<int:webhook>/remove"): ("/webhooks/1/remove", {"adam"}),
    ("GET", "/service-levels"): ("/service-levels", READERS),
    ("GET", "/service-levels/anew"): ("/service-levels/anew?process=incident", {"adam"}),
    # Sent without a reason: 422.
    ("POST", "/service-levels/anew"): ("/service-levels/anew", {"adam"}),
    # It has missed nothing: 422.
    ("POST", "/cases/<number>/clocks/<name>"): ("/cases/INC-1/clocks/response", STAFF),
    ("GET", "/findings"): ("/findings", READERS),
    # Sent without an answer: 422.
    ("POST", "/findings/<int:finding>/close"): ("/findings/1/close", {"max", "adam"}),
    ("GET", "/people"): ("/people", {"ada", "adam"}),
    ("GET", "/people/<login>"): ("/people/ben", {"ada", "adam"}),
    # Sent without a login: 422.
    ("POST", "/people"): ("/people", {"adam"}),
    ("POST", "/people/<login>/rights"): ("/people/wang/rights", {"adam"}),
    ("POST", "/people/<login>/leave"): ("/people/tara/leave", {"adam"}),
    ("POST", "/groups"): ("/groups", {"adam"}),
    ("GET", "/configuration"): ("/configuration", READERS),
    ("GET", "/configuration/export.csv"): ("/configuration/export.csv", READERS),
    ("GET", "/configuration/items/<path:key>"): ("/configuration/items/erp", READERS),
    ("GET", "/configuration/import"): ("/configuration/import", {"adam"}),
    # Sent without a file: 422.
    ("POST", "/configuration/import"): ("/configuration/import", {"adam"}),
    ("GET", "/configuration/baselines"): ("/configuration/baselines", READERS),
    ("POST", "/configuration/baselines"): ("/configuration/baselines", {"adam"}),
    ("GET", "/changes"): ("/changes", READERS),
    ("GET", "/changes.ics"): ("/changes.ics", READERS),
    ("GET", "/changes/windows"): ("/changes/windows", READERS),
    # Sent without a name: 422.
    ("POST", "/changes/windows"): ("/changes/windows", {"adam"}),
    ("POST", "/changes/windows/calendar"): ("/changes/windows/calendar", {"adam"}),
    ("POST", "/changes/windows/<int:window>/delete"): ("/changes/windows/1/delete", {"adam"}),
    ("GET", "/changes/templates"): ("/changes/templates", READERS),
    ("POST", "/changes/templates"): ("/changes/templates", STAFF),
    ("POST", "/changes/templates/<key>/approve"): (
        "/changes/templates/restart-print/approve",
        {"adam"},
    ),
    ("POST", "/changes/templates/<key>/retire"): (
        "/changes/templates/restart-print/retire",
        {"adam"},
    ),
    ("GET", "/landscape"): ("/landscape", READERS),
    ("GET", "/landscape.bpmn"): ("/landscape.bpmn", READERS),
    ("GET", "/cases/new"): ("/cases/new", DOERS),
    ("GET", "/cases/new/<process>"): ("/cases/new/incident", STAFF),
    ("POST", "/cases/new/<process>"): ("/cases/new/incident", STAFF),
    ("GET", "/cases/<number>"): ("/cases/INC-1", READERS),
    ("POST", "/cases/<number>/comments"): ("/cases/INC-1/comments", STAFF),
    ("POST", "/cases/<number>/amendments"): ("/cases/INC-1/amendments", STAFF),
    ("POST", "/cases/<number>/major"): ("/cases/INC-1/major", STAFF),
    # Nobody has classified the incident, so its diagram does not offer this yet: 409.
    ("GET", "/cases/<number>/offers/<element>"): (
        "/cases/INC-1/offers/reassigned_by_lead",
        DOERS,
    ),
    ("POST", "/cases/<number>/offers/<element>"): (
        "/cases/INC-1/offers/reassigned_by_lead",
        {"ben", "sofia", "max"},
    ),
    ("GET", "/instances/<int:instance_id>"): ("/instances/1", {"ada"}),
    ("GET", "/instances/<int:instance_id>/path.json"): ("/instances/1/path.json", READERS),
    ("GET", "/instances/<int:instance_id>/diagram.bpmn"): ("/instances/1/diagram.bpmn", READERS),
    ("GET", "/instances/<int:instance_id>/steer"): ("/instances/1/steer", OWNERS),
    # Sent without a reason: 422.
    ("POST", "/instances/<int:instance_id>/steer/<action>"): (
        "/instances/1/steer/suspend",
        OWNERS,
    ),
    ("GET", "/processes"): ("/processes", READERS),
    ("POST", "/processes"): ("/processes", OWNERS),
    ("GET", "/processes/<key>"): ("/processes/incident", READERS),
    ("GET", "/drafts"): ("/drafts", OWNERS),
    ("POST", "/drafts"): ("/drafts", OWNERS),
    ("GET", "/drafts/<int:draft_id>"): ("/drafts/1", OWNERS),
    ("GET", "/drafts/<int:draft_id>/diagram.bpmn"): ("/drafts/1/diagram.bpmn", OWNERS),
    ("GET", "/drafts/<int:draft_id>/original"): ("/drafts/1/original", OWNERS),
    ("GET", "/drafts/<int:draft_id>/companion"): ("/drafts/1/companion?path=a.form", OWNERS),
    # Sent without a revision: 409.
    ("POST", "/drafts/<int:draft_id>/name"): ("/drafts/1/name", OWNERS),
    ("POST", "/drafts/<int:draft_id>/files"): ("/drafts/1/files", OWNERS),
    ("POST", "/drafts/<int:draft_id>/process"): ("/drafts/1/process", OWNERS),
    ("POST", "/drafts/<int:draft_id>/people"): ("/drafts/1/people", OWNERS),
    ("POST", "/drafts/<int:draft_id>/delete"): ("/drafts/1/delete", OWNERS),
    ("POST", "/drafts/<int:draft_id>/deploy"): ("/drafts/1/deploy", OWNERS),
    ("GET", "/processes/<key>/changes"): ("/processes/incident/changes?from=1&to=1", READERS),
    ("POST", "/processes/<key>/versions/<int:version>/<action>"): (
        "/processes/incident/versions/1/suspend",
        OWNERS,
    ),
    ("GET", "/processes/<key>/migrations"): (
        "/processes/incident/migrations?from.1=1&to=2",
        OWNERS,
    ),
    ("POST", "/processes/<key>/migrations"): ("/processes/incident/migrations", OWNERS),
    ("GET", "/migrations/<int:plan_id>"): ("/migrations/1", OWNERS),
    ("POST", "/migrations/<int:plan_id>/<action>"): ("/migrations/1/stop", OWNERS),
    ("GET", "/definitions/<int:definition_id>/source"): ("/definitions/1/source", READERS),
    ("GET", "/outbox"): ("/outbox", READERS - {"olga"}),
    ("GET", "/jobs"): ("/jobs?tab=ready", OVERSEERS),
    ("GET", "/jobs/<int:job_id>"): ("/jobs/1", OVERSEERS),
    ("POST", "/jobs/<int:job_id>/retry"): ("/jobs/1/retry", OWNERS),
    # Nobody gives a reason: 422.
    ("POST", "/jobs/<int:job_id>/retries"): ("/jobs/1/retries", OWNERS),
    ("POST", "/jobs/<int:job_id>/variables"): ("/jobs/1/variables", OWNERS),
    ("POST", "/jobs/<int:job_id>/skip"): ("/jobs/1/skip", OWNERS),
    ("POST", "/jobs/<int:job_id>/error"): ("/jobs/1/error", OWNERS),
    ("GET", "/jobs/instances/<int:instance_id>"): ("/jobs/instances/3", OVERSEERS),
    ("POST", "/jobs/instances/<int:instance_id>/variables"): (
        "/jobs/instances/3/variables",
        OWNERS,
    ),
    ("POST", "/jobs/instances/<int:instance_id>/retry"): ("/jobs/instances/3/retry", OWNERS),
    ("GET", "/tokens"): ("/tokens", {"ada", "adam"}),
    ("POST", "/tokens"): ("/tokens", {"adam"}),
    ("POST", "/tokens/<int:token_id>/revoke"): ("/tokens/1/revoke", {"adam"}),
    # There is no such letter: 409.
    ("POST", "/outbox/<int:letter>/release"): ("/outbox/99/release", {"adam"}),
    ("POST", "/outbox/<int:letter>/drop"): ("/outbox/99/drop", {"adam"}),
    ("GET", "/messages"): ("/messages", {"ada", "olga", "adam"}),
    # An empty reason: 422.
    ("POST", "/messages/<int:number>/drop"): ("/messages/1/drop", {"olga", "adam"}),
    ("GET", "/audit"): ("/audit", {"ada", "olga", "adam"}),
    ("GET", "/audit/find"): ("/audit/find?number=INC-1", {"ada"}),
}
#: Pages that need no sign-in.
OPEN = {
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("POST", "/sign-in/code"),
    ("POST", "/language"),
    ("GET", "/healthz"),
    # The secret in the address says who it is.
    ("GET", "/survey/<secret>"),
    ("POST", "/survey/<secret>"),
}
HTML = sorted(path for (method, _), (path, _) in PAGES.items() if method == "GET")


class Reading(HTMLParser):
    """What a page consists of, as far as the tests ask."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.headings: list[str] = []
        self.labelled: set[str] = set()
        self.controls: list[dict[str, str | None]] = []
        self.depth = 0
        self.unlabelled: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.inline += [name for name in found if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not found.get("src")):
            self.inline.append(tag)
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)
        if tag == "label":
            self.depth += 1
            self.labelled.add(found.get("for") or "")
        if tag in {"input", "select", "textarea"} and found.get("type") != "hidden":
            self.controls.append(found)
            if self.depth == 0 and not found.get("id"):
                self.unlabelled.append(str(found.get("name")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self.depth -= 1

    def without_label(self) -> list[str]:
        ids = [str(c["id"]) for c in self.controls if c.get("id") and c.get("type") != "checkbox"]
        return self.unlabelled + [name for name in ids if name not in self.labelled]


@pytest.fixture
def migration(office: Office, incident: Incident) -> None:
    """A second version, and a plan to move there."""
    source = (ROOT / "workflows" / "incident" / "incident.bpmn").read_bytes()
    again = source.replace(b'id="diagnose"', b'id="find_cause"').replace(
        b'"diagnose"', b'"find_cause"'
    )
    assert incident.number
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, {"incident.bpmn": again}, "x"))
    office.runtime.run(ADMIN, write_article)
    office.runtime.run(
        ADMIN, lambda work: migrations.begin(work, "incident", ([1], 2), {}, "a test")
    )


def write_article(work: UnitOfWork) -> None:
    """An article for everybody."""
    texts = {"title": "Printer jams", "body": "Open it.", "visibility": "customer"}
    knowledge.write(work, "KNO-1", texts)
    knowledge.publish(work, "KNO-1", "kim", None)
    attachments.add(work, "INC-1", "Notes", b"text", internal=False)
    webhooks.add(work, "chat", "https://example.org/hook", ["case.opened"], "secret")
    findings.add(work, "late-papers", "CHG-1", "The papers are late.", "change-management")
    leave_note(work)


def allowed(status: int) -> bool:
    return status not in {403, 404}


def use(browser: Browser, method: str, path: str) -> int:
    """Open or send a page as somebody who changes nothing by accident: forms go empty."""
    if method == "GET":
        return browser.get(path).status_code
    return browser.post(path, {}).status_code


@pytest.mark.usefixtures("trouble")
@pytest.mark.usefixtures("migration")
@pytest.mark.parametrize("login", EVERYBODY)
def test_a_page_opens_for_its_roles_and_for_nobody_else(
    login: str, visitor: Callable[[str], Browser], incident: Incident, draft: int
) -> None:
    assert (incident.number, draft) == ("INC-1", 1)
    browser = visitor(login)
    found = {}
    # Reading comes first, because taking part opens a trail; signing out last.
    in_order = sorted(PAGES.items(), key=lambda p: ("sign-out" in p[0][1], p[0][0] == "POST"))
    for (method, rule), (path, _) in in_order:
        found[method, rule] = allowed(use(browser, method, path))

    assert found == {page: login in who for page, (_, who) in PAGES.items()}


def test_every_page_is_in_the_table_of_roles(pages: Flask) -> None:
    routes = {
        (method, rule.rule)
        for rule in pages.url_map.iter_rules()
        if rule.endpoint != "static" and not rule.rule.startswith(PROGRAMS)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert routes == set(PAGES) | OPEN


@pytest.mark.parametrize("path", HTML)
def test_who_has_not_signed_in_is_sent_to_the_sign_in_page(stranger: Browser, path: str) -> None:
    answer = stranger.get(path)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in?next=")


@pytest.mark.usefixtures("trouble")
@pytest.mark.usefixtures("migration")
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("login", EVERYBODY)
def test_every_page_keeps_the_policy_and_can_be_read_aloud(
    login: str,
    language: str,
    visitor: Callable[[str], Browser],
    incident: Incident,
    draft: int,
) -> None:
    assert (incident.waits_at(), draft) == (["classify"], 1)
    browser = visitor(login)
    browser.post("/language", {"language": language})
    for path in (path for (method, _), (path, who) in PAGES.items() if method == "GET"):
        answer = browser.get(path)
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        if answer.mimetype != "text/html" or answer.status_code == 302:
            continue
        text = answer.get_data(as_text=True)
        page = Reading(text)
        assert page.inline == [], path
        assert page.without_label() == [], path
        assert page.headings.count("h1") == 1, path
        assert page.headings[0] == "h1", path
        assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in text
        assert not re.search(r">\s*[a-z]+(\.[a-z_-]+)+\s*<", _prose(text)), path


def _prose(text: str) -> str:
    """The page without its technical corners, which show ids and codes as they are."""
    return re.sub(r'class="[^"]*(mono|note|hash|sub)[^"]*">[^<]*<|<code>[^<]*</code>', "<", text)


def test_a_page_that_does_not_exist_says_so_without_a_trace(
    visitor: Callable[..., Browser],
) -> None:
    answer = visitor("ben").get("/nowhere")

    assert answer.status_code == 404
    assert "There is no such page" in answer.get_data(as_text=True)


def test_a_wrong_method_and_too_large_a_body_are_answered_with_a_page(
    visitor: Callable[..., Browser],
) -> None:
    browser = visitor("olga")

    assert browser.get("/sign-out").status_code == 405
    large = browser.client.post("/processes", data={"reason": "x" * 2_100_000})
    assert large.status_code == 413
    assert "too large" in large.get_data(as_text=True)


def test_a_program_gets_problem_details(visitor: Callable[..., Browser]) -> None:
    answer = visitor("ben").get("/cases/INC-99", Accept="application/json")

    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["title"] == "case.not-found"


def test_an_unforeseen_failure_shows_a_reference_and_no_trace(
    pages: Flask, visitor: Callable[..., Browser], caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("secret detail")

    pages.view_functions["cases.search"] = broken

    answer = visitor("ben").get("/cases")

    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert "secret detail" not in text
    assert "RuntimeError" not in text
    reference = re.search(r"reference ([0-9a-f]{8})", text)
    assert reference
    assert reference[1] in caplog.text


def test_health_is_told_without_sign_in_and_without_a_cookie(stranger: Browser) -> None:
    answer = stranger.get("/healthz")

    assert answer.get_json() == {
        "status": "ok",
        "database": "ok",
        "processes": len(list((ROOT / "workflows").rglob("*.bpmn"))),
        "version": "test",
    }
    assert "Set-Cookie" not in answer.headers
