"""Suggestions from past cases: trained on command, measured, recorded; off when not trained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from itil import classification
from itil.classification import NotTrained
from scripts.measure_classifier import pairs
from tests.office import ADMIN, SOLVED, Incident, Office

WORDS = {
    "network": "vpn wlan cable switch 网络 断线",
    "software": "excel crash licence update 软件 崩溃",
    "hardware": "screen keyboard battery dock 屏幕 键盘",
}


def resolved(office: Office, category: str, number: int) -> None:
    words = WORDS[category].split()
    said = f"{words[number % 6]} {words[(number * 5 + 1) % 6]} does not work {number}"
    incident = office.open_incident(summary=said)
    solved = {**SOLVED, "category": category}
    incident.complete("classify", "ben", impact=3, urgency=3, **solved)
    incident.complete("confirm", "rita", confirmed=True)


@pytest.fixture
def trained(office: Office) -> Office:
    for number in range(20):
        for category in WORDS:
            resolved(office, category, number)
    office.runtime.run(ADMIN, lambda work: classification.train(work, "category"))
    return office


def suggestions(office: Office, text: str) -> list[tuple[str, str]]:
    with office.runtime.read() as reader:
        return [(one.target, one.value) for one in classification.suggest(reader, text)]


def test_nothing_is_suggested_before_somebody_trains(office: Office) -> None:
    assert suggestions(office, "vpn does not work") == []
    with pytest.raises(NotTrained, match="50 are needed"):
        office.runtime.run(ADMIN, lambda work: classification.train(work, "category"))


def test_a_model_suggests_in_both_languages_and_knows_how_good_it_is(trained: Office) -> None:
    assert suggestions(trained, "The vpn and the wlan") == [("category", "network")]
    assert suggestions(trained, "键盘坏了") == [("category", "hardware")]
    with trained.runtime.read() as reader:
        one = classification.suggest(reader, "excel crash")[0]
    assert 0.5 < one.confidence <= 1
    assert one.accuracy > 0.9


def test_what_is_chosen_beside_a_suggestion_is_recorded(trained: Office) -> None:
    for category in ("network", "software"):
        incident: Incident = trained.open_incident(summary="vpn wlan")
        incident.complete(
            "classify", "ben", category=category, service="network", impact=3, urgency=3
        )

    with trained.runtime.read() as reader:
        assert classification.accepted(reader, trained.clock.now()) == {"category": (1, 2)}


def test_a_model_that_was_altered_is_not_used(trained: Office) -> None:
    classification._MODELS.clear()
    with trained.runtime.database.write() as connection:
        connection.execute(update(classification.table).values(model="{}"))
        connection.commit()

    with pytest.raises(NotTrained, match="altered"):
        suggestions(trained, "vpn")


@given(st.text(max_size=300))
def test_any_text_has_words_or_none(text: str) -> None:
    assert all(word == word.lower() or word for word in classification.tokens(text))
    assert 0 <= classification.fold(text) < classification.FOLDS


def test_public_tickets_are_classified_as_well_as_plain_methods_do() -> None:
    folder = os.environ.get("SIGNALBOX_DATA")
    if not folder:
        pytest.skip("SIGNALBOX_DATA does not say where the public tickets are.")
    file = Path(folder, "ticket_text_endava", "topic_group_tickets.csv.gz")

    assert classification.measure(list(pairs(file, "Document", "Topic_group"))) >= 0.81
