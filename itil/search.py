"""Full-text search over cases and articles, in any language; and what is similar to a text.

Words of three characters and more are looked up in the index; shorter ones, such as two Chinese
characters, are compared with the rows that are left (KNO-02).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from engine.store.unit_of_work import Reader, UnitOfWork
from itil import case_record
from itil.search_index import Indexed, keep

CASES = Indexed("cases", "instance_id", ("summary", "description", "resolution"))
keep(case_record.table, CASES)

#: Characters that the index can look up.
_GRAM = 3
#: Words of a text that similar ones are looked for by.
_MOST_WORDS = 8
#: Rows whose likeness PostgreSQL measures: those that share most words.
_CANDIDATES = 50
_WORD = re.compile(r"[\w.@-]+")
#: Chinese, Japanese and Korean text has no spaces between words.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")


@dataclass(frozen=True, slots=True)
class Found:
    """A row that was found."""

    id: int  #: value of the key column
    score: float  #: the higher, the better it fits


def words(asked: str) -> list[str]:
    """The words of a text in lower case, each once; NUL and what is no word are left out."""
    return list(dict.fromkeys(word.strip(".-") for word in _WORD.findall(asked.lower())))[:40]


def all_words(
    source: Reader | UnitOfWork, where: Indexed, asked: str, limit: int = 50, also: str = ""
) -> list[Found]:
    """Rows in which every word occurs, the best first; `also` is a condition on their columns."""
    wanted = [word for word in words(asked) if word]
    if not wanted:
        return []
    return _query(source, where, wanted, limit, together=True, also=also)


def similar(
    source: Reader | UnitOfWork, where: Indexed, said: str, limit: int = 5, also: str = ""
) -> list[Found]:
    """Rows that share words with a text, those that share the rarest first (INC-17)."""
    found = [gram for word in words(said) for gram in _grams(word)]
    wanted = sorted(dict.fromkeys(found), key=len, reverse=True)[:_MOST_WORDS]
    if not wanted:
        return []
    return _query(source, where, wanted, limit, together=False, also=also)


def _grams(word: str) -> Sequence[str]:
    """What of a word is looked up for similar texts: it, or each three of unspaced characters."""
    if len(word) < _GRAM:
        return ()
    if _UNSPACED.search(word):
        return [word[at : at + _GRAM] for at in range(len(word) - _GRAM + 1)]
    return (word,)


def _query(
    source: Reader | UnitOfWork,
    where: Indexed,
    wanted: Sequence[str],
    limit: int,
    *,
    together: bool,
    also: str,
) -> list[Found]:
    make = _sqlite if source.connection.dialect.name == "sqlite" else _postgresql
    statement, values = make(where, wanted, together=together, also=also)
    rows = source.connection.execute(text(statement), {**values, "most": limit})
    return [Found(row.id, float(row.score)) for row in rows]


def _sqlite(
    where: Indexed, wanted: Sequence[str], *, together: bool, also: str
) -> tuple[str, dict[str, Any]]:
    long = [word for word in wanted if len(word) >= _GRAM]
    short = [word for word in wanted if len(word) < _GRAM] if together else []
    values: dict[str, Any] = {f"w{n}": f"%{_literal(word)}%" for n, word in enumerate(short)}
    conditions = [f"{where.text} LIKE :w{n} ESCAPE '\\'" for n in range(len(short))]
    conditions += [also] if also else []
    source, score = where.table, "0.0"
    if long:
        joined = " AND " if together else " OR "
        quoted = ('"' + word.replace('"', '""') + '"' for word in long)
        values["match"] = joined.join(quoted)
        source = f"{where.index} JOIN {where.table} ON {where.table}.{where.key} = "
        source += f"{where.index}.rowid"
        conditions.insert(0, f"{where.index} MATCH :match")
        score = f"-bm25({where.index})"
    statement = (
        f"SELECT {where.table}.{where.key} AS id, {score} AS score FROM {source} "  # noqa: S608 - names of ours
        f"WHERE {' AND '.join(conditions)} ORDER BY score DESC, id DESC LIMIT :most"
    )
    return statement, values


def _postgresql(
    where: Indexed, wanted: Sequence[str], *, together: bool, also: str
) -> tuple[str, dict[str, Any]]:
    """Texts are put in lower case once for each row, and compared whole for the best rows only."""
    patterns = [f"%{_literal(word)}%" for word in wanted]
    values: dict[str, Any] = {f"w{n}": pattern for n, pattern in enumerate(patterns)}
    if together:
        condition = " AND ".join(f"{where.text} LIKE :w{n}" for n in range(len(wanted)))
    else:
        condition, values["any"] = f"{where.text} LIKE ANY(CAST(:any AS text[]))", patterns
    condition += f" AND {also}" if also else ""
    values |= {"said": " ".join(wanted), "candidates": _CANDIDATES}
    matches = " + ".join(f"(said LIKE :w{n})::int" for n in range(len(wanted)))
    statement = (
        f"WITH best AS (SELECT id, said, {matches} AS shared FROM (SELECT {where.key} AS id, "  # noqa: S608 - names of ours
        f"{where.text} AS said FROM {where.table} WHERE {condition} OFFSET 0) AS fits "
        "ORDER BY shared DESC, id DESC LIMIT :candidates) "
        "SELECT id, shared + word_similarity(:said, said) AS score FROM best "
        "ORDER BY score DESC, id DESC LIMIT :most"
    )
    return statement, values


def _literal(word: str) -> str:
    """A word for LIKE, in which nothing stands for anything else."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
