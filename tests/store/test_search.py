"""Full-text search on both databases: parts of words, Chinese, and what is similar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, update

from engine.store.unit_of_work import SYSTEM, Runtime, UnitOfWork
from itil import knowledge, search
from tests.conftest import both_databases

pytestmark = both_databases

TEXTS = {
    1: ("Printer on floor 3 jams", "", "", ""),
    2: ("", "", "打印机卡纸怎么办", "打开后盖,取出纸张。"),
    3: ("VPN drops every ten minutes", "Error 809 on Windows; renew the certificate.", "", ""),
    4: ("50% of mails are late", "a_b\\c 'quoted' \"double\"", "", ""),
}


def row(number: int, texts: tuple[str, str, str, str]) -> dict[str, object]:
    title, body, title_zh, body_zh = texts
    return {
        "id": number,
        "key": f"KNO-{number}",
        "kind": "article",
        "status": "published",
        "version": 1,
        "title": title,
        "body": body,
        "title_zh": title_zh,
        "body_zh": body_zh,
        "visibility": "customer",
        "author": "kim",
        "used": 0,
        "helpful": 0,
        "unhelpful": 0,
        "changed_at": datetime(2026, 3, 2, tzinfo=UTC),
    }


@pytest.fixture
def shelf(runtime: Runtime) -> Runtime:
    rows = [row(number, texts) for number, texts in TEXTS.items()]

    def fill(work: UnitOfWork) -> None:
        work.connection.execute(insert(knowledge.table), rows)

    runtime.run(SYSTEM, fill)
    return runtime


def ids(shelf: Runtime, asked: str) -> list[int]:
    with shelf.read() as reader:
        return sorted(hit.id for hit in search.all_words(reader, knowledge.WORDS, asked))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("printer", [1]),
        ("PRINT floor", [1]),
        ("inter", [1]),
        ("打印机", [2]),
        ("打印", [2]),
        ("纸", [2]),
        ("卡纸 打印", [2]),
        ("vpn 809", [3]),
        ("vpn 810", []),
        ("50%", [4]),
        ("a_b\\c", [4]),
        ("'quoted' \"double\"", [4]),
        ("", []),
        ("  ,,, ", []),
        ("NEAR( OR AND *", []),
        ("\0", []),
    ],
)
def test_kno_02_every_word_is_found_wherever_it_stands(
    shelf: Runtime, asked: str, expected: list[int]
) -> None:
    assert ids(shelf, asked) == expected


def test_what_was_changed_or_taken_away_is_no_longer_found(shelf: Runtime) -> None:
    def change(work: UnitOfWork) -> None:
        articles = knowledge.table
        renamed = update(articles).where(articles.c.id == 1).values(title="Scanner hums")
        work.connection.execute(renamed)
        work.connection.execute(delete(articles).where(articles.c.id == 2))

    shelf.run(SYSTEM, change)

    assert (ids(shelf, "printer"), ids(shelf, "打印机")) == ([], [])
    assert ids(shelf, "scanner") == [1]


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("My VPN stops with error 809 since this morning", 3),
        ("我的打印机又卡纸了", 2),
        ("the printer is jammed", 1),
    ],
)
def test_similar_texts_are_found_by_the_words_they_share(
    shelf: Runtime, said: str, first: int
) -> None:
    with shelf.read() as reader:
        found = search.similar(reader, knowledge.WORDS, said)

    assert found[0].id == first


def test_nothing_is_similar_to_nothing(shelf: Runtime) -> None:
    with shelf.read() as reader:
        assert search.similar(reader, knowledge.WORDS, "a b ?") == []
