"""Full-text search among 10,000 articles of English and Chinese words (KNO-02).

python -m bench.search [sqlite|postgresql]: wall time of the 95th of a hundred questions, since the
database's own process does the work on PostgreSQL.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, text

import wiring
from engine.store.database import Database
from engine.store.unit_of_work import SYSTEM, Actor, Reader
from itil import knowledge
from settings import Settings

ARTICLES, ASKED = 10_000, 100
BEN = Actor("ben", frozenset({"agent"}))
SYLLABLES = ("ka", "ri", "mo", "ten", "sul", "ver", "pa", "lin", "dor", "ex", "um", "qua")
ENGLISH = tuple(a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES)
CHINESE = "打印机网络密码无法登录邮件系统服务器重启连接失败更新权限申请账户远程桌面数据库备份恢复"


def rows(chance: random.Random) -> list[dict[str, object]]:
    """As many articles, of eighty words and a hundred characters each."""
    made = []
    for number in range(ARTICLES):
        english = chance.choices(ENGLISH, k=80)
        chinese = "".join(chance.choices(CHINESE, k=100))
        made.append(
            {
                "key": f"KNO-{number}",
                "kind": "article",
                "status": "published",
                "version": 1,
                "title": " ".join(english[:6]),
                "body": " ".join(english),
                "title_zh": chinese[:12],
                "body_zh": chinese,
                "visibility": "customer",
                "author": "kim",
                "used": 0,
                "helpful": 0,
                "unhelpful": 0,
                "changed_at": datetime(2026, 3, 2, tzinfo=UTC),
            }
        )
    return made


def measure(url: str) -> None:
    """Print how long each kind of question takes."""
    chance = random.Random(7)
    database = Database(url)
    wiring.migrate_database(database)
    runtime = wiring.build_runtime(Settings(), database)
    articles = rows(chance)
    runtime.run(SYSTEM, lambda work: work.connection.execute(insert(knowledge.table), articles))
    # As autovacuum would after so many.
    runtime.run(SYSTEM, lambda work: work.connection.execute(text("ANALYZE articles")))

    def ask(label: str, make: Callable[[], str], look: Callable[[Reader, str], object]) -> None:
        spent = []
        for question in [make() for _ in range(ASKED)]:
            began = time.perf_counter()
            with runtime.read() as reader:
                look(reader, question)
            spent.append((time.perf_counter() - began) * 1000)
        spent.sort()
        print(f"{label:<34} median {spent[50]:7.1f} ms   95th {spent[95]:7.1f} ms")

    def words(number: int) -> Callable[[], str]:
        return lambda: " ".join(chance.choices(ENGLISH, k=number))

    def characters(number: int) -> Callable[[], str]:
        def some() -> str:
            whole, at = str(chance.choice(articles)["body_zh"]), chance.randrange(90)
            return whole[at : at + number]

        return some

    ask("one word", words(1), lambda r, q: knowledge.find(r, BEN, q))
    ask("two words", words(2), lambda r, q: knowledge.find(r, BEN, q))
    ask("two Chinese characters", characters(2), lambda r, q: knowledge.find(r, BEN, q))
    ask("four Chinese characters", characters(4), lambda r, q: knowledge.find(r, BEN, q))
    ask("similar to a report of 40 words", words(40), lambda r, q: knowledge.like(r, BEN, q))
    database.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["postgresql"]:
        from tests.postgres import cluster

        with cluster() as server:
            measure(server.url(server.create()))
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
