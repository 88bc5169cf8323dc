"""Minutes, files and surveys of cases."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.commands import definitions
from engine.errors import Rejected
from engine.store.tables import outbox
from itil import attachments, surveys, worklog
from itil.cases import CaseClosed
from tests.conftest import MONDAY
from tests.office import ADMIN, SOLVED, Incident, Office
from tests.web.conftest import Browser


def test_inc_24_minutes_by_person_and_activity_add_up(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    incident = office.open_incident()
    for login, minutes in (("ben", "15"), ("nora", "30")):
        sent = {"minutes": minutes, "activity": "diagnosis", "note": "Looked at it"}
        assert visitor(login).post(f"/cases/{incident.number}/work", sent).status_code == 303

    assert "45 min in all" in visitor("ben").get(f"/cases/{incident.number}").text
    with office.runtime.read() as reader:
        assert [one.person for one in worklog.of(reader, incident.number)] == ["nora", "ben"]


@pytest.mark.parametrize(("minutes", "activity"), [(0, "call"), (1441, "call"), (5, "sleeping")])
def test_inc_24_what_cannot_be_is_refused(office: Office, minutes: int, activity: str) -> None:
    incident = office.open_incident()
    with pytest.raises(Rejected):
        office.runtime.run(
            ADMIN, lambda work: worklog.add(work, incident.number, activity, minutes, "")
        )


def attach(office: Office, incident: Incident, name: str, content: bytes, **how: bool) -> int:
    return office.runtime.run(
        office.person("ben"),
        lambda work: attachments.add(
            work, incident.number, name, content, internal=how.get("internal", False)
        ),
    )


def test_aud_14_the_same_content_is_stored_once_and_never_changed(office: Office) -> None:
    one, two = office.open_incident(), office.open_incident()
    for incident in (one, two, two):
        attach(office, incident, "../log.txt", b"the same")

    with office.runtime.read() as reader:
        stored = reader.connection.execute(select(attachments.contents)).all()
        files = attachments.of(reader, two.number, internal=True)
        assert attachments.get(reader, files[0].id)[1] == b"the same"
    assert len(stored) == 1
    assert [file.name for file in files] == ["log.txt", "log.txt"]


def test_a_file_is_for_staff_and_for_whose_case_it_is(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    incident = office.open_incident(as_="rita")
    public = attach(office, incident, "page.html", b"<script>alert(1)</script>")
    inside = attach(office, incident, "notes.txt", b"secret", internal=True)

    answer = visitor("rita").get(f"/files/{public}")
    assert answer.status_code == 200
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=page.html"
    assert visitor("rita").get(f"/files/{inside}").status_code == 404
    assert visitor("wang").get(f"/files/{public}").status_code == 404
    assert visitor("nora").get(f"/files/{inside}").status_code == 200


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", b""), ("", b"x"), ("a.txt", b"x" * 1_500_001)]
)
def test_a_file_that_cannot_be_is_refused(office: Office, name: str, content: bytes) -> None:
    with pytest.raises(Rejected):
        attach(office, office.open_incident(), name, content)


def test_a_file_is_attached_on_the_page(office: Office, visitor: Callable[[str], Browser]) -> None:
    incident = office.open_incident()
    ben = visitor("ben")
    csrf, key = ben.tokens(f"/cases/{incident.number}")
    fields = {"csrf": csrf, "key": key, "file": (BytesIO(b"text"), "a.txt")}

    sent = ben.client.post(
        f"/cases/{incident.number}/files", data=fields, headers={"Origin": "http://localhost"}
    )

    assert sent.status_code == 303
    assert "a.txt" in ben.get(f"/cases/{incident.number}").text


def closed(office: Office) -> Incident:
    """An incident that was solved at once."""
    incident = office.open_incident()
    incident.complete("classify", "ben", impact=3, urgency=3, **SOLVED)
    incident.complete("confirm", "rita", confirmed=True)
    return incident


def asked(office: Office) -> str:
    """A closed incident whose requester was asked; the address."""
    document = json.loads(Path("workflows/survey/survey.json").read_text("utf-8"))
    document["processes"] = ["incident"]
    files = {"workflows/survey/survey.json": json.dumps(document).encode()}
    office.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "ask"))
    incident = closed(office)
    with office.runtime.read() as reader:
        query = select(outbox.c.body).where(outbox.c.key == f"survey-{incident.number}")
        body = reader.connection.execute(query).scalar_one()
    found = re.search(r"http://127\.0\.0\.1:8000(/survey/\S+)", body)
    assert found
    return found[1]


def test_inc_25_a_survey_is_answered_once_without_signing_in(
    office: Office, stranger: Browser, visitor: Callable[[str], Browser]
) -> None:
    path = asked(office)

    assert "INC-1" in stranger.get(path).text
    assert stranger.post(path, {"score": "9"}, page=path).status_code == 422
    done = stranger.post(path, {"score": "4", "comment": "Quick"}, page=path)
    assert done.status_code == 200
    assert stranger.get(path).status_code == 404

    with office.runtime.read() as reader:
        assert surveys.satisfaction(reader, MONDAY) == (1, 1, 4.0)
        stored = reader.connection.execute(select(surveys.table.c.digest)).scalar_one()
    assert path.rpartition("/")[2] not in stored
    assert "<dt>Satisfaction, 1 to 5</dt><dd>4.0</dd>" in visitor("ada").get("/reports").text


def test_inc_25_nobody_is_asked_unless_the_document_says_so(office: Office) -> None:
    closed(office)
    with office.runtime.read() as reader:
        assert surveys.satisfaction(reader, MONDAY)[0] == 0


def test_inc_21_nothing_is_added_to_a_closed_case(office: Office) -> None:
    incident = closed(office)
    with pytest.raises(CaseClosed):
        attach(office, incident, "a.txt", b"late")
    with pytest.raises(CaseClosed):
        office.runtime.run(ADMIN, lambda work: worklog.add(work, incident.number, "call", 5, ""))
