"""The REST API: every record by pages, writing once, with the rights of token and person."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from itil import resources
from tests.office import Office
from tests.scenarios.change.steps import implementing
from tests.web.programs import program


def test_evt_03_every_resource_is_read_as_it_is_described(office: Office, pages: Flask) -> None:
    office.open_incident()
    reader = program(office, pages, {"read": ["*"]})

    for name, resource in resources.RESOURCES.items():
        answer = reader.get(name)
        assert answer.status_code == 200, name
        for row in answer.get_json()["items"]:
            assert list(row) == [column.name for column in resource.columns]
    assert "password" not in reader.get("people/ben").get_json()


def test_evt_03_pages_follow_each_other_without_losing_or_repeating_one(
    office: Office, pages: Flask
) -> None:
    numbers = {office.open_incident().number for _ in range(7)}
    reader = program(office, pages, {"read": ["cases"]})
    seen: list[str] = []
    path: str | None = "cases?process=incident&limit=3"
    while path:
        answer = reader.get(path)
        seen += [row["number"] for row in answer.get_json()["items"]]
        link = answer.headers.get("Link")
        path = link.split(">")[0].removeprefix("</api/v1/") if link else None

    assert sorted(seen) == sorted(numbers)
    assert len(seen) == len(numbers)


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("cases?colour=red", 422, "colour"),
        ("cases?priority=high", 422, "priority"),
        ("cases?limit=0", 400, "limit"),
        ("cases?limit=many", 400, "limit"),
        ("nothing", 404, "nothing"),
        ("cases/INC-99", 404, "INC-99"),
        ("tasks/abc", 404, "abc"),
        ("links?after=x", 422, "key"),
    ],
)
def test_evt_03_what_cannot_be_asked_is_said_by_name(
    office: Office, pages: Flask, path: str, status: int, word: str
) -> None:
    answer = program(office, pages, {"read": ["*"]}).get(path)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert word in answer.get_json()["detail"]


def test_evt_03_what_has_not_changed_is_not_sent_again(office: Office, pages: Flask) -> None:
    incident = office.open_incident()
    reader = program(office, pages, {"read": ["cases"]})
    tag = reader.get(f"cases/{incident.number}").headers["ETag"]

    assert reader.get(f"cases/{incident.number}", If_None_Match=tag).status_code == 304
    incident.complete("classify", "ben", category="network", service="network", impact=1, urgency=1)
    assert reader.get(f"cases/{incident.number}", If_None_Match=tag).status_code == 200


def test_evt_03_a_token_is_for_its_scope_and_objects_only(office: Office, pages: Flask) -> None:
    reader = program(office, pages, {"read": ["cases"]})
    body = {"process": "incident", "summary": "x"}

    assert reader.get("people").status_code == 403
    assert reader.post("cases", body).status_code == 401
    assert (
        program(office, pages, {"write": ["messages"]}, "m").post("cases", body).status_code == 403
    )


def test_evt_03_a_post_with_a_key_works_once(office: Office, pages: Flask) -> None:
    writer = program(office, pages, {"write": ["cases"], "read": ["cases"]})
    body = {"process": "incident", "summary": "No mail", "requester": "rita"}

    first = writer.post("cases", body, Idempotency_Key="a1")
    again = writer.post("cases", body, Idempotency_Key="a1")
    other = writer.post("cases", {**body, "summary": "Else"}, Idempotency_Key="a1")

    assert first.get_json() == again.get_json() == {"number": "INC-1", "instance": 1}
    assert other.status_code == 409
    case = writer.get("cases/INC-1").get_json()
    assert (case["requester"], case["channel"], case["summary"]) == ("rita", "api", "No mail")
    assert len(writer.get("cases").get_json()["items"]) == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"process": "incident"}, {"process": 3, "summary": "x"}, {"process": "x", "summary": "x"}],
)
def test_evt_03_a_body_that_cannot_be_changes_nothing(
    office: Office, pages: Flask, body: dict[str, Any]
) -> None:
    writer = program(office, pages, {"write": ["cases"], "read": ["cases"]})

    assert writer.post("cases", body).status_code in (400, 404, 422)
    assert writer.get("cases").get_json()["items"] == []


def test_evt_03_a_task_is_done_on_behalf_of_a_person_with_that_ones_rights(
    office: Office, pages: Flask
) -> None:
    incident = office.open_incident()
    task = incident.open()[0].id
    writer = program(
        office, pages, {"write": ["tasks"], "people": ["ben", "wang"], "read": ["tasks"]}
    )
    path = f"tasks/{task}/completion"
    fields = {"category": "network", "service": "network", "impact": 1, "urgency": 1}

    assert writer.post(path, {"variables": fields}).status_code == 400
    assert writer.post(path, {"variables": fields}, On_Behalf_Of="nora").status_code == 403
    assert writer.post(path, {"variables": fields}, On_Behalf_Of="wang").status_code == 403
    wrong = writer.post(path, {"variables": {**fields, "impact": 9}}, On_Behalf_Of="ben")
    assert wrong.status_code == 422
    assert "impact" in wrong.get_json()["detail"]
    assert writer.post(path, {"variables": fields}, On_Behalf_Of="ben").status_code == 200
    assert writer.get(f"tasks/{task}").get_json()["closed_by"] == "ben"


def test_chg_28_a_pipeline_asks_the_gate_and_reports_what_it_did(
    office: Office, pages: Flask
) -> None:
    change = implementing(office)
    pipeline = program(office, pages, {"read": ["changes"], "write": ["deployments"]})
    digest = "ab" * 32

    gate = pipeline.get(f"changes/{change.number}/gate?digest={digest}").get_json()
    done = pipeline.post(
        "deployments", {"ci": "srv-mail", "digest": digest, "source": "pipeline 7"}
    )

    assert gate == {"go": True, "reasons": []}
    assert done.get_json()["change"] == change.number
    refused = pipeline.post("deployments", {"ci": "srv-mail", "digest": "x", "source": "p"})
    assert refused.status_code == 422


def test_evt_03_the_description_names_every_path_that_there_is(pages: Flask) -> None:
    described = pages.test_client().get("/api/v1/openapi.json").get_json()["paths"]

    served = {
        rule.rule
        for rule in pages.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and "<name>" not in rule.rule
    } - {"/api/v1/openapi.json"}
    plain = {
        path.replace("<number>", "{number}").replace("<int(max=9007199254740991):task>", "{task}")
        for path in served
    }
    generic = {f"/api/v1/{n}{rest}" for n in resources.RESOURCES for rest in ("", "/{key}")}
    assert set(described) == plain | generic
