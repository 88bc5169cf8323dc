"""Deployed processes on their pages, and the deployment of new ones."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from itil import people
from tests.office import Office
from tests.web.conftest import Browser

Visitor = Callable[[str], Browser]
ROOT = Path(__file__).parents[2]
DIAGRAM = (ROOT / "workflows" / "incident" / "incident.bpmn").read_bytes()


def upload(browser: Browser, name: str, content: bytes, **more: str) -> tuple[int, str]:
    fields = {"files": (io.BytesIO(content), name), "reason": "a test", **more}
    answer = browser.post("/processes", fields)
    return answer.status_code, answer.text


def test_a_process_owner_deploys_a_new_version(visitor: Visitor) -> None:
    olga = visitor("olga")
    changed = DIAGRAM.replace(b'name="Diagnose"', b'name="Find the cause"')

    assert upload(olga, "incident.bpmn", changed)[0] == 303

    text = olga.get("/processes/incident").text
    assert "version 2" in text
    assert "Find the cause" in text
    assert "a test" in text
    assert "Diagnose" in olga.get("/processes/incident?version=1").text


def test_a_diagram_that_cannot_run_is_refused_with_what_to_do(visitor: Visitor) -> None:
    olga = visitor("olga")
    broken = DIAGRAM.replace(b'type="incident.record"', b'type="=incident.nowhere"')
    assert broken != DIAGRAM

    status, text = upload(olga, "incident.bpmn", broken)

    assert status == 422
    assert "Nothing was deployed" in text
    assert "Its job type is an expression" in text
    assert "version 2" not in olga.get("/processes/incident").text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("evil.bpmn", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"),
        ("classify.form", b'{"components": [{"type": "html", "content": "<b>"}]}'),
        ("script.py", b"print(1)"),
        ("empty.bpmn", b""),
    ],
)
def test_a_file_that_is_no_process_is_refused_in_words(
    visitor: Visitor, name: str, content: bytes
) -> None:
    status, text = upload(visitor("olga"), name, content)

    assert status == 422
    assert "Nothing was deployed" in text
    assert "Traceback" not in text


def test_a_form_lands_in_the_folder_that_was_named(visitor: Visitor) -> None:
    olga = visitor("olga")
    form = (ROOT / "forms" / "incident" / "classify.form").read_bytes() + b"\n"

    assert upload(olga, "classify.form", form, folder="incident")[0] == 303

    assert "incident/classify" in olga.get("/processes").text


def test_an_upload_without_files_says_so(visitor: Visitor) -> None:
    answer = visitor("olga").post("/processes", {"reason": "nothing"})

    assert answer.status_code == 422
    assert "No file was chosen" in answer.text


def test_an_agent_sees_the_diagram_but_no_upload(visitor: Visitor) -> None:
    ben = visitor("ben")

    assert 'type="file"' not in ben.get("/processes").text
    assert ben.get("/definitions/1/source").mimetype in {"application/xml", "application/json"}


def typo(source: bytes) -> bytes:
    """The diagram with a group that does not exist: a warning, no error."""
    return source.replace(b'candidateGroups="service-desk"', b'candidateGroups="service-dsk"')


def test_warnings_are_shown_after_the_deployment_too(visitor: Visitor) -> None:
    olga = visitor("olga")
    csrf, key = olga.tokens("/processes")
    fields = {"files": (io.BytesIO(typo(DIAGRAM)), "incident.bpmn"), "reason": "a test"}

    sent = olga.client.post("/processes", data={"csrf": csrf, "key": key, **fields})
    after = html.unescape(olga.get(sent.location).text)
    later = html.unescape(olga.get("/processes/incident").text)

    assert sent.status_code == 303
    assert 'href="/processes/incident">incident.bpmn</a>' in after
    assert '<button type="button" data-element="classify"' in later
    assert "Deployed, with this to look at:" in after
    for page in (after, later):
        assert "There is no group 'service-dsk'." in page
        assert "Did you mean 'service-desk'?" in page
        assert "group.unknown" in page


@pytest.mark.parametrize("checked", ["1,2,3", "99999", "x,,-1", "9" * 40, ""])
def test_files_without_warnings_show_none(visitor: Visitor, checked: str) -> None:
    answer = visitor("olga").get(f"/processes?checked={checked}")

    assert answer.status_code == 200
    assert "Deployed, with this" not in answer.text


def test_an_agent_does_not_see_the_findings_of_a_process(visitor: Visitor) -> None:
    upload(visitor("olga"), "incident.bpmn", typo(DIAGRAM))

    assert "service-dsk" not in visitor("ben").get("/processes/incident").text
    assert "service-dsk" not in visitor("ben").get("/processes?checked=1,2,3,30,31,32").text


def test_findings_are_in_the_language_of_the_reader_by_file_and_errors_first(
    visitor: Visitor, office: Office
) -> None:
    olga = office.person("olga")
    office.runtime.run(olga, lambda work: people.set_language(work, "olga", "zh"))
    table = (ROOT / "workflows" / "incident" / "priority.dmn").read_bytes()
    gap = re.sub(rb"<rule .*?</rule>", b"", table, count=1, flags=re.DOTALL)
    broken = typo(DIAGRAM).replace(b'"incident/classify"', b'"incident/clasify"')
    browser = visitor("olga")
    csrf, key = browser.tokens("/processes")
    files = [(io.BytesIO(gap), "a.dmn"), (io.BytesIO(broken), "incident.bpmn")]

    answer = browser.client.post(
        "/processes", data={"csrf": csrf, "key": key, "reason": "x", "files": files}
    )
    text = html.unescape(answer.text)
    places = [
        text.index(words)
        for words in (
            "incident.bpmn</h3>",
            "没有表单 'incident/clasify'",
            "没有组",
            "a.dmn</h3>",
        )
    ]

    assert answer.status_code == 422
    assert "是否想写'incident/classify'?" in text
    assert places == sorted(places)
