"""Operators at the pages of jobs and stalled instances; admins at those of tokens."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

import pytest

from engine.commands import definitions, instances
from engine.queries import audit
from engine.queries import jobs as queries
from engine.topics import BpmnError, Outcome
from itil.cases import Entry
from tests.conftest import MONDAY
from tests.desk import Case
from tests.drawing import boundary, diagram, end, error, errors, service, start, user
from tests.office import ADMIN, Office
from tests.web.conftest import Browser
from tests.web.test_cost import counted
from web.timeline import is_news

Visitor = Callable[[str], Browser]

ORDER = diagram(
    start(),
    service("pay", "pay"),
    user("check"),
    end(),
    boundary("oops", "pay", error("declined")),
    user("call"),
    flows=[("begin", "pay"), ("pay", "check"), ("check", "done"), ("oops", "call")],
    pid="order",
    top=errors("declined"),
)


@pytest.fixture
def fault() -> list[Exception]:
    """What the handler raises, the last first; nothing: it works."""
    return [OSError("the line is <dead>")]


@pytest.fixture
def case(office: Office, fault: list[Exception]) -> Iterator[Case]:
    """An order whose payment is stalled: job 1."""

    @office.runtime.topics.handles("pay")
    def pay(amount: object) -> Outcome:
        if fault:
            raise fault[-1]
        return Outcome({"paid": amount})

    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, {"order.bpmn": ORDER}, "test"))
    started = office.runtime.run(ADMIN, lambda work: instances.start(work, "order", {"amount": 1}))
    office.advance(hours=1)
    office.advance(hours=1)
    return Case(office, started["instance"])


def job(case: Case) -> queries.JobRow | None:
    return next(iter(case.jobs()), None)


def typed(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>([^<]*)</textarea>', page)
    assert found
    return html.unescape(found[1])


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def test_an_operator_sees_what_waits_and_how_much(visitor: Visitor, case: Case) -> None:
    olga = visitor("olga")
    page = olga.get("/jobs").text

    assert "the line is &lt;dead&gt;" in page
    assert re.search(r'href="/jobs"[^>]*>Jobs <span class="count">1</span>', page)
    assert "Nothing waits here" in olga.get("/jobs?tab=backoff").text
    assert "Nothing waits here" in olga.get("/jobs?type=other").text
    assert "Nothing waits here" in olga.get("/jobs?process=incident").text
    assert "/jobs/1" in olga.get("/jobs?type=pay&process=order").text
    assert '<span class="count">' not in visitor("ben").get("/inbox").text.split("</nav>")[0]
    assert case.row.status == "active"


def test_an_operator_mends_a_variable_and_tries_again(
    visitor: Visitor, case: Case, fault: list[Exception]
) -> None:
    olga = visitor("olga")
    page = olga.get("/jobs/1").text
    assert '"amount": 1' in typed(page, "variables")
    revision = hidden(page, "revision")

    sent = {"variables": '{"amount": 2}', "reason": "mistyped", "revision": revision}
    answer = olga.post("/jobs/1/variables", sent, "/jobs/1")
    assert answer.headers["Location"] == "/jobs/1?done=job-edited"
    assert "The variables were saved" in olga.get("/jobs/1?done=job-edited").text
    stale = sent | {"variables": '{"amount": 3}'}
    assert olga.post("/jobs/1/variables", stale, "/jobs/1").status_code == 409

    again = olga.post("/jobs/1/retry", {}, "/jobs/1")
    assert again.headers["Location"] == "/jobs/1?done=job-failed"
    fault.clear()
    assert olga.post("/jobs/1/retry", {}, "/jobs/1").headers["Location"] == (
        "/jobs?done=job-retried"
    )
    assert (case.variable("paid"), case.waits_at()) == (2, ["check"])
    assert olga.get("/jobs/1").status_code == 404


@pytest.mark.parametrize(
    ("typed_in", "said"),
    [
        (
            '{"amount": }',
            "are no JSON: unexpected character, expected a JSON value in line 1, column 12",
        ),
        ("[1]", "are no JSON object"),
        ("{}", "lack &#39;amount&#39;"),
        ('{"amount": 1}', "are what they were"),
        ('{"amount": NaN}', "are no JSON"),
        ('{"amount": ' + "[" * 600 + "]" * 600 + "}", "nest deeper than 32 levels"),
        ('{"amount": ' + "[" * 5_000 + "]" * 5_000 + "}", "are no JSON"),
        ('{"amount": "' + "x" * 300_000 + '"}', "are larger than 256,000 bytes"),
    ],
    ids=["syntax", "list", "lost", "same", "nan", "deep", "deeper", "large"],
)
def test_what_is_no_set_of_variables_is_said_and_kept_to_be_corrected(
    visitor: Visitor, case: Case, typed_in: str, said: str
) -> None:
    olga = visitor("olga")
    revision = hidden(olga.get("/jobs/1").text, "revision")
    sent = {"variables": typed_in, "reason": "why", "revision": revision}
    answer = olga.post("/jobs/1/variables", sent, "/jobs/1")

    assert answer.status_code == 422
    assert said in answer.text
    assert typed(answer.text, "variables") == typed_in
    assert case.variable("amount") == 1


def test_a_job_is_skipped_with_an_outcome_and_a_reason(visitor: Visitor, case: Case) -> None:
    olga = visitor("olga")
    without = olga.post("/jobs/1/skip", {"outcome": '{"paid": 9}'}, "/jobs/1")
    assert (without.status_code, "needs a reason" in without.text) == (422, True)
    assert typed(without.text, "outcome") == '{"paid": 9}'

    sent = {"outcome": '{"paid": 9}', "reason": "in cash"}
    assert olga.post("/jobs/1/skip", sent, "/jobs/1").status_code == 303
    assert (case.variable("paid"), case.waits_at()) == (9, ["check"])


def test_a_modelled_error_is_thrown_where_the_diagram_catches_it(
    visitor: Visitor, case: Case
) -> None:
    olga = visitor("olga")
    wrong = olga.post("/jobs/1/error", {"code": "lost", "reason": "try"}, "/jobs/1")
    assert (wrong.status_code, "Nothing catches the modelled error" in wrong.text) == (422, True)
    assert case.waits_at() == []

    right = olga.post("/jobs/1/error", {"code": "declined", "reason": "they said no"}, "/jobs/1")
    assert (right.status_code, case.waits_at()) == (303, ["call"])


def test_more_tries_are_allowed(visitor: Visitor, case: Case, fault: list[Exception]) -> None:
    olga = visitor("olga")
    assert olga.post("/jobs/1/retries", {"retries": "many"}, "/jobs/1").status_code == 422
    assert olga.post("/jobs/1/retries", {"retries": "2"}, "/jobs/1").status_code == 303
    found = job(case)
    assert found is not None
    assert found.state == "backoff"
    fault.clear()
    case.desk.advance(seconds=1)
    assert case.waits_at() == ["check"]


def test_a_form_sent_twice_works_once(visitor: Visitor, case: Case) -> None:
    olga = visitor("olga")
    csrf, key = olga.tokens("/jobs/1")
    before = job(case)
    for _ in range(2):
        olga.client.post("/jobs/1/retry", data={"csrf": csrf, "key": key})
    after = job(case)
    assert before is not None
    assert after is not None
    assert after.attempts == before.attempts + 1


def test_an_auditor_reads_and_changes_nothing(visitor: Visitor, case: Case) -> None:
    ada = visitor("ada")
    page = ada.get("/jobs/1").text
    assert "the line is &lt;dead&gt;" in page
    assert "<textarea" not in page
    assert ada.post("/jobs/1/retry", {}).status_code == 403
    assert job(case) is not None


def test_what_operators_do_is_in_the_trail_and_not_in_the_portal(
    visitor: Visitor, case: Case, office: Office
) -> None:
    visitor("olga").post("/jobs/1/skip", {"outcome": "{}", "reason": "in cash"}, "/jobs/1")
    with office.runtime.read() as reader:
        event = audit.trail(reader, f"instance:{case.id}")[-1]
    assert (event.actor, event.channel, event.action) == ("olga", "web", "job.skipped")
    page = visitor("olga").get(f"/instances/{case.id}").text
    assert "Job skipped" in page
    assert "in cash" in page
    assert "the line is" in page


@pytest.mark.usefixtures("trouble")
def test_a_stalled_instance_is_helped(visitor: Visitor, office: Office) -> None:
    olga = visitor("olga")
    assert "/jobs/instances/3" in olga.get("/jobs?tab=instances").text
    page = olga.get("/jobs/instances/3").text
    sent = {
        "variables": '{"amount": 9}',
        "reason": "mistyped",
        "revision": hidden(page, "revision"),
    }
    assert olga.post("/jobs/instances/3/variables", sent, "/jobs").status_code == 303
    assert olga.post("/jobs/instances/3/retry", {}, "/jobs").status_code == 303
    case = Case(office, 3)
    assert (case.status, case.variable("amount")) == ("active", 9)
    assert olga.get("/jobs/instances/3").status_code == 409


def test_the_list_goes_on_after_its_last_row_and_asks_as_often_for_many_as_for_few(
    visitor: Visitor, case: Case, office: Office
) -> None:
    olga = visitor("olga")
    asked = []
    for more in (1, 58):
        for _ in range(more):
            start_one = lambda work: instances.start(work, "order", {"amount": 1})  # noqa: E731
            office.runtime.run(ADMIN, start_one)
        office.advance(hours=1)
        office.advance(hours=1)
        olga = visitor("olga")
        olga.get("/jobs")
        with counted(office) as statements:
            page = olga.get("/jobs").text
        asked.append(len(statements))

    assert page.count('href="/jobs/') == 50
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    assert olga.get(html.unescape(following[1])).text.count('href="/jobs/') == 10
    assert asked[0] == asked[1] <= 16
    assert case.status == "active"


@pytest.mark.parametrize("after", ["x", "-5", "99999999999999999999"])
def test_an_absurd_address_shows_an_honest_list(visitor: Visitor, case: Case, after: str) -> None:
    assert visitor("olga").get(f"/jobs?after={after}&tab=nowhere").status_code == 200
    assert visitor("olga").get("/jobs/99999999999999999999").status_code == 404
    assert case.status == "active"


def test_a_modelled_error_that_nothing_catches_waits_for_an_operator(
    visitor: Visitor, fault: list[Exception], case: Case
) -> None:
    fault.append(BpmnError("lost", "gone"))
    visitor("olga").post("/jobs/1/retry", {}, "/jobs/1")
    found = job(case)
    assert found is not None
    assert found.error == "Nothing catches the modelled error 'lost': gone."


# -- tokens


def test_an_admin_makes_a_token_that_is_shown_once(visitor: Visitor, office: Office) -> None:
    adam = visitor("adam")
    sent = {"name": "billing", "scope": "jobs", "objects": "pay\nrefund, pay", "days": "30"}
    page = adam.post("/tokens", sent, "/tokens").text
    shown = re.search(r"sbx_[\w-]{43}", page)
    assert shown
    assert shown[0] not in adam.get("/tokens").text
    with office.runtime.read() as reader:
        everything = str(reader.connection.exec_driver_sql("SELECT * FROM api_tokens").all())
        events = audit.trail(reader, "system", limit=1_000)
    assert shown[0] not in everything + str(events)
    assert events[-1].details["grants"] == {"jobs": ["pay", "refund"]}

    again = adam.post("/tokens", sent, "/tokens")
    assert (again.status_code, "already" in again.text) == (422, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "<x>"},
        {"name": "x" * 81},
        {"scope": "everything"},
        {"objects": ""},
        {"objects": "x" * 201},
        {"objects": " ".join(f"t{n}" for n in range(101))},
        {"days": "0"},
        {"days": "367"},
        {"days": "soon"},
    ],
    ids=lambda wrong: "-".join(f"{k}{len(v)}{v[:4]}" for k, v in wrong.items()),
)
def test_a_token_that_says_too_much_or_nothing_is_refused(
    visitor: Visitor, wrong: dict[str, str]
) -> None:
    good = {"name": "billing", "scope": "jobs", "objects": "pay", "days": "30"}
    answer = visitor("adam").post("/tokens", good | wrong, "/tokens")
    assert answer.status_code == 422
    assert "sbx_" not in answer.text


@pytest.mark.parametrize(
    "what", ["job.skipped", "job.edited", "job.failed", "instance.edited", "instance.retried"]
)
def test_a_requester_reads_nothing_of_how_a_case_was_helped_on(what: str) -> None:
    helped = Entry(1, MONDAY, "olga", what, None, {"reason": "they said no"})
    assert not is_news(helped)
    assert is_news(Entry(1, MONDAY, "olga", what, None, {"ended": True}))
