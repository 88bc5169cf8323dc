"""Deployed processes on their pages, and the deployment of new ones."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

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
