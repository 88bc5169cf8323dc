from __future__ import annotations

import json
import string
from pathlib import Path

import pytest

import handlers
from engine.topics import Notice
from handlers import notices

ROOT = Path(__file__).parents[3]
TEXTS = json.loads((ROOT / "workflows/incident/notices.json").read_text("utf-8"))["texts"]


@pytest.mark.parametrize(
    ("to", "address"),
    [
        ("requester", "person:ann"),
        ("affected-user", "person:bo"),
        ("group", "group:network"),
        ("lead", "lead:network"),
        ("incident-manager", "role:incident-manager"),
        ("management", "group:management"),
    ],
)
def test_a_word_of_the_diagram_becomes_an_address(to: str, address: str) -> None:
    case = {"requester": "ann", "affected_user": "bo", "group": "network"}

    assert notices.recipient(to, case) == address


def test_a_notice_carries_public_fields_only_and_all_of_them() -> None:
    outcome = notices.notify("incident.major", "management", {"number": "INC-7", "note": "secret"})

    (notice,) = outcome.notices
    assert notice == Notice("group:management", "incident.major", notice.values)
    assert set(notice.values) == set(notices.PUBLIC)
    assert notice.values["number"] == "INC-7"
    assert notice.values["group"] == ""


def test_nobody_is_told_when_the_case_names_nobody() -> None:
    outcome = notices.notify("incident.wait-over", "group", {"number": "INC-7", "group": None})

    assert outcome.notices == ()
    assert outcome.reason == "Nobody was told: the case has no group."


def test_every_handler_of_the_folder_is_found() -> None:
    assert {"notify", "incident.record", "incident.hand-over"} <= handlers.load().names()


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_every_text_is_there_in_both_languages_and_names_public_fields_only(key: str) -> None:
    assert set(TEXTS[key]) == {"en", "zh"}
    for language in ("en", "zh"):
        for part in ("subject", "body"):
            named = string.Template(TEXTS[key][language][part]).get_identifiers()
            assert set(named) <= set(notices.PUBLIC)
