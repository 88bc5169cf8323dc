"""Diagrams of other products on their pages: imported, corrected, deployed, refused."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable

import pytest

from tests.office import Office
from tests.unit.bpmn.foreign.files import file, flow
from tests.web.conftest import Browser, field

Visitor = Callable[[str], Browser]

CLEAN = file(
    '<startEvent id="s"/><userTask id="u" name="Look" camunda:candidateGroups="service-desk"/>',
    '<endEvent id="e"/>',
    flow("s", "u") + flow("u", "e"),
)
OPEN = file(
    '<laneSet><lane name="Network"><flowNodeRef>t</flowNodeRef></lane></laneSet>',
    '<startEvent id="s"/><task id="t" name="Look"/><exclusiveGateway id="g" name="OK?"/>',
    '<task id="a"/><task id="b"/><endEvent id="e"/>',
    flow("s", "t") + flow("t", "g") + flow("g", "a") + flow("g", "b"),
    flow("a", "e") + flow("b", "e"),
)


def send(browser: Browser, path: str, page: str, **fields: object) -> tuple[int, str]:
    """Send a form of a page with its tokens and the revision that it shows."""
    text = browser.get(page).text
    tokens = {"csrf": field(text, "csrf"), "key": field(text, "key")}
    if 'name="revision"' in text:
        tokens["revision"] = field(text, "revision")
    answer = browser.client.post(path, data={**tokens, **fields})
    return answer.status_code, answer.headers.get("Location", "") or answer.text


def upload(browser: Browser, **files: bytes) -> tuple[int, str]:
    sent = [(io.BytesIO(source), name.replace("__", ".")) for name, source in files.items()]
    return send(browser, "/drafts", "/drafts", files=sent)


def test_a_clean_file_is_kept_and_offered_for_deployment_at_once(visitor: Visitor) -> None:
    olga = visitor("olga")

    assert upload(olga, p__bpmn=CLEAN) == (303, "/drafts/1?done=kept")

    page = olga.get("/drafts/1").text
    assert "can be deployed" in page
    assert 'action="/drafts/1/deploy"' in page
    status, where = send(olga, "/drafts/1/deploy", "/drafts/1", reason="first")
    assert (status, where) == (303, "/processes/p?done=deployed")
    assert "first" in olga.get("/processes/p").text
    assert "in version 1" in olga.get("/drafts/1").text


def test_findings_are_told_by_element_and_line_with_the_line_itself(
    visitor: Visitor, draft: int
) -> None:
    page = html.unescape(visitor("olga").get(f"/drafts/{draft}").text)

    assert "There is no handler 'send_mail'" in page
    assert "line 1 of the upload" in page
    assert 'camunda:class="a.SendMailDelegate"' in page
    assert "candidateStarterUsers" in page[page.index('aria-labelledby="notes"') :]
    assert 'action="/drafts/1/deploy"' not in page
    (marks,) = re.findall(r'data-marks="({.*?})"', page)
    assert json.loads(marks)["w"] == "warning"
    assert json.loads(marks)["x"] == "error"
    assert '<button type="button" data-element="w"' in page


def test_people_take_over_by_lane_and_the_draft_can_be_deployed(
    visitor: Visitor, office: Office
) -> None:
    olga = visitor("olga")
    upload(olga, p__bpmn=OPEN)
    page = olga.get("/drafts/1").text
    assert re.search(r'<option value="network" selected>', page)

    fields = {"lane": "Network", "lane-group": "network", "group": "service-desk"}
    status, where = send(olga, "/drafts/1/people", "/drafts/1", **fields)

    assert (status, where) == (303, "/drafts/1?done=completed-draft")
    assert "can be deployed" in olga.get("/drafts/1").text
    assert send(olga, "/drafts/1/deploy", "/drafts/1", reason="ready")[0] == 303
    with office.runtime.read() as reader:
        found = reader.runtime.catalogue.id_of(reader.connection, "process", "p")
        places = reader.runtime.catalogue.process(reader.connection, found).drawing.places
    groups = {name: places[name].settings.candidate_groups for name in ("t", "a")}
    assert groups == {"t": "network", "a": "service-desk"}


@pytest.mark.parametrize("group", ["", "nobody", "=x"])
def test_a_group_that_does_not_exist_is_refused(visitor: Visitor, group: str) -> None:
    olga = visitor("olga")
    upload(olga, p__bpmn=OPEN)

    status, text = send(olga, "/drafts/1/people", "/drafts/1", group=group)

    assert status == 422
    assert "There is no group" in text
    assert 'value="1"' in text[text.index('name="revision"') :][:40]


def test_a_draft_with_errors_is_not_deployed_and_says_why(visitor: Visitor, draft: int) -> None:
    olga = visitor("olga")

    status, text = send(olga, f"/drafts/{draft}/deploy", f"/drafts/{draft}", reason="now")

    assert status == 422
    assert "was not deployed" in text
    assert olga.get("/processes/p").status_code == 404


def test_somebody_elses_change_is_not_written_over(visitor: Visitor, draft: int) -> None:
    olga, adam = visitor("olga"), visitor("adam")
    text = olga.get(f"/drafts/{draft}").text
    assert send(adam, f"/drafts/{draft}/name", f"/drafts/{draft}", name="New")[0] == 303

    late = {name: field(text, name) for name in ("csrf", "key", "revision")}
    answer = olga.client.post(f"/drafts/{draft}/name", data={**late, "name": "Late"})

    assert answer.status_code == 409
    assert "changed by adam" in answer.text
    assert "<h1>New</h1>" in olga.get(f"/drafts/{draft}").text


def test_several_files_are_kept_and_those_that_are_none_named(visitor: Visitor) -> None:
    olga = visitor("olga")

    status, text = upload(olga, a__bpmn=CLEAN, b__bpmn=b"print(1)", c__xml=OPEN)

    assert status == 422
    assert "2 were" in text
    assert "<code>b.bpmn</code>: This is not well-formed XML" in text
    assert text.count('class="what"') == 2


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "No file was chosen"),
        ({"a__form": b"{}"}, "There is no diagram among the files"),
        ({f"a{n}__bpmn": b"x" for n in range(51)}, "at most 50 at once"),
    ],
)
def test_an_upload_that_cannot_be_kept_says_why(
    visitor: Visitor, files: dict[str, bytes], sentence: str
) -> None:
    status, text = upload(visitor("olga"), **files)
    assert status == 422
    assert sentence in text


def test_a_draft_is_renamed_replaced_and_deleted(visitor: Visitor, draft: int) -> None:
    olga = visitor("olga")
    page = f"/drafts/{draft}"

    assert send(olga, f"{page}/name", page, name="Mail")[0] == 303
    assert send(olga, f"{page}/name", page, name=" ")[0] == 422
    sent = [(io.BytesIO(CLEAN), "q.bpmn"), (io.BytesIO(b"{}"), "ask.form")]
    assert send(olga, f"{page}/files", page, files=sent)[0] == 303
    assert "q.bpmn" in olga.get(page).text
    assert olga.get(f"{page}/companion?path=ask.form").text == "{}"
    assert send(olga, f"{page}/delete", page, reason="")[0] == 422
    assert send(olga, f"{page}/delete", page, reason="old") == (303, "/drafts?done=deleted-draft")
    assert olga.get(page).status_code == 404
    trail = olga.get("/audit").text
    assert "Draft deleted" in trail


def test_files_are_saved_and_never_shown_as_pages(visitor: Visitor, draft: int) -> None:
    olga = visitor("olga")
    for path in ("diagram.bpmn", "original", "companion?path=../../etc/passwd"):
        answer = olga.get(f"/drafts/{draft}/{path}")
        assert answer.status_code == 200
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"a.SendMailDelegate" in olga.get(f"/drafts/{draft}/original").data
    assert b"send_mail" in olga.get(f"/drafts/{draft}/diagram.bpmn").data
    assert olga.get(f"/drafts/{draft}/companion?path=x").data == b""


def test_the_processes_page_leads_owners_to_the_import(visitor: Visitor) -> None:
    assert 'href="/drafts"' in visitor("olga").get("/processes").text
    assert 'href="/drafts"' not in visitor("ben").get("/processes").text


def test_a_file_that_was_kept_before_leads_to_its_draft(visitor: Visitor) -> None:
    olga = visitor("olga")
    upload(olga, p__bpmn=CLEAN)
    assert upload(olga, again__bpmn=CLEAN) == (303, "/drafts/1?done=kept-before")
