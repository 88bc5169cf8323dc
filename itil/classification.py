"""Suggestions of category and group from past cases; trained on command, measured before use.

A model is words with weights, kept as JSON: to suggest takes no library, to train takes
scikit-learn. It is measured on cases that training did not see, in parts chosen by a hash of their
text. What people choose instead is recorded.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import orjson
from sqlalchemy import Boolean, Column, Float, Integer, String, Table, Text, insert, select, update

from engine.commands.advance import Progress
from engine.errors import Rejected
from engine.store import audit
from engine.store.columns import Moment, metadata
from engine.store.unit_of_work import Reader, UnitOfWork
from itil.case_record import CLOSED
from itil.case_record import table as cases

#: What there is to suggest: fields of an incident.
TARGETS = ("category", "group")
#: Cases that training wants at least, and words that a model knows at most.
FEWEST = 50
VOCABULARY = 20_000
#: Parts that cases are measured in.
FOLDS = 5

table = Table(
    "classifiers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", String(30), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(100), nullable=False),
    Column("cases", Integer, nullable=False),
    Column("accuracy", Float, nullable=False),  # on what training did not see
    Column("sha256", String(64), nullable=False),
    Column("model", Text, nullable=False),
    Column("active", Boolean, nullable=False),
)
suggestions = Table(
    "suggestions",
    metadata,
    Column("number", String(100), primary_key=True),
    Column("target", String(30), primary_key=True),
    Column("suggested", String(200), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("chosen", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)
_WORD = re.compile(r"[^\W_]{2,}")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")


class NotTrained(Rejected):
    """There is too little to train from, or the library for it is not installed."""

    code: ClassVar[str] = "classifier.not-trained"


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of words for each answer."""

    classes: Sequence[str]
    words: Mapping[str, int]  #: word -> its place
    rarity: Sequence[float]  #: inverse document frequency by place
    weights: Sequence[Sequence[float]]  #: by class and place
    offsets: Sequence[float]

    def suggest(self, text: str) -> tuple[str, float]:
        """The likeliest answer, and how likely it is, 0 to 1."""
        counted = Counter(word for word in tokens(text) if word in self.words)
        values = {
            self.words[w]: (1 + math.log(n)) * self.rarity[self.words[w]]
            for w, n in counted.items()
        }
        length = math.sqrt(sum(v * v for v in values.values())) or 1.0
        scores = [
            offset + sum(weights[place] * value / length for place, value in values.items())
            for weights, offset in zip(self.weights, self.offsets, strict=True)
        ]
        top = max(scores)
        shares = [math.exp(score - top) for score in scores]
        best = shares.index(max(shares))
        return self.classes[best], shares[best] / sum(shares)


def tokens(text: str) -> list[str]:
    """Words of a text; of Chinese every pair of characters."""
    lowered = text.lower()
    pairs = [
        run[at : at + 2] for run in _CHINESE.findall(lowered) for at in range(max(1, len(run) - 1))
    ]
    return [w for w in _WORD.findall(lowered) if not _CHINESE.match(w)] + pairs


def fold(text: str) -> int:
    """Which part a text belongs to, 0 to FOLDS - 1; equal texts are always in one."""
    digest = hashlib.sha256(" ".join(text.split()).encode()).digest()
    return int.from_bytes(digest[:4], "big") % FOLDS


def fit(texts: Sequence[str], answers: Sequence[str]) -> Model:
    """A model of TF-IDF and logistic regression.

    Raises:
        NotTrained: scikit-learn is not installed, or there is only one answer.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - optional
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - optional
    except ImportError as error:
        raise NotTrained(
            "Training needs scikit-learn: pip install -r requirements-classify.txt."
        ) from error
    if len(set(answers)) < 2:  # noqa: PLR2004 - a choice
        raise NotTrained("All cases have the same answer, so there is nothing to learn.")
    vectors = TfidfVectorizer(analyzer=tokens, sublinear_tf=True, max_features=VOCABULARY)
    found = LogisticRegression(C=3.0, max_iter=2_000, class_weight="balanced")
    found.fit(vectors.fit_transform(texts), answers)
    weights, offsets = found.coef_.tolist(), found.intercept_.tolist()
    if len(weights) == 1:  # of two answers it keeps the second one only
        weights, offsets = [[0.0] * len(weights[0]), weights[0]], [0.0, offsets[0]]
    places = {word: int(place) for word, place in vectors.vocabulary_.items()}
    return Model(list(map(str, found.classes_)), places, vectors.idf_.tolist(), weights, offsets)


def measure(pairs: Sequence[tuple[str, str]]) -> float:
    """Accuracy: each part is asked of a model that learned from the other parts only.

    Raises:
        NotTrained: there is too little to learn from, or a part is empty.
    """
    parts = [[pair for pair in pairs if fold(pair[0]) == number] for number in range(FOLDS)]
    if len(pairs) < FEWEST or not all(parts):
        raise NotTrained(f"There are {len(pairs)} cases to learn from; {FEWEST} are needed.")
    right = 0
    for number, asked in enumerate(parts):
        seen = [pair for other, part in enumerate(parts) if other != number for pair in part]
        model = fit([text for text, _ in seen], [answer for _, answer in seen])
        right += sum(model.suggest(text)[0] == answer for text, answer in asked)
    return right / len(pairs)


# -- trained on command


def train(work: UnitOfWork, target: str) -> dict[str, Any]:
    """Train from closed incidents, and use the model from now on; answers accuracy and count.

    Raises:
        NotTrained: there is too little, or no library.
    """
    if target not in TARGETS:
        raise NotTrained(f"There is no '{target}' to suggest. Known: {', '.join(TARGETS)}.")
    column = cases.c[target]
    query = select(cases.c.summary, cases.c.description, column).where(
        cases.c.process == "incident", cases.c.state == CLOSED[0], column.is_not(None)
    )
    pairs = [(f"{row[0]} {row[1]}", str(row[2])) for row in work.connection.execute(query)]
    accuracy = measure(pairs)
    model = fit([text for text, _ in pairs], [answer for _, answer in pairs])
    text = orjson.dumps(model).decode()
    digest = hashlib.sha256(text.encode()).hexdigest()
    work.connection.execute(update(table).where(table.c.target == target).values(active=False))
    row = {"target": target, "made_at": work.now, "made_by": work.actor.name, "cases": len(pairs)}
    row |= {"accuracy": accuracy, "sha256": digest, "model": text, "active": True}
    work.connection.execute(insert(table), row)
    details = {"cases": len(pairs), "accuracy": round(accuracy, 4), "sha256": digest}
    work.record(audit.Draft("system", "classifier.trained", f"classifier:{target}", details))
    return {"cases": len(pairs), "accuracy": accuracy}


# -- used


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a model suggests, and how good it is."""

    target: str
    value: str
    confidence: float
    accuracy: float  #: of the model, when it was trained


def suggest(source: Reader | UnitOfWork, text: str) -> list[Suggestion]:
    """What the active models suggest for a text; nothing where none was trained."""
    query = select(table.c.id, table.c.target, table.c.accuracy).where(table.c.active)
    found = []
    for row in source.connection.execute(query.order_by(table.c.target)).all():
        value, confidence = _model(source, row.id).suggest(text)
        found.append(Suggestion(row.target, value, confidence, row.accuracy))
    return found


_MODELS: dict[str, Model] = {}


def _model(source: Reader | UnitOfWork, classifier: int) -> Model:
    """A model, read once; its hash says that it is the one that was trained."""
    query = select(table.c.sha256).where(table.c.id == classifier)
    digest = source.connection.execute(query).scalar_one()
    if digest not in _MODELS:
        text = source.connection.execute(
            select(table.c.model).where(table.c.id == classifier)
        ).scalar_one()
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise NotTrained("A stored classifier was altered. Train it again.")
        _MODELS.clear()
        _MODELS[digest] = Model(**orjson.loads(text))
    return _MODELS[digest]


def follow(work: UnitOfWork, progress: Progress) -> None:
    """Record what was chosen beside what was suggested, when an incident is classified first."""
    instance = progress.instance
    before, _ = progress.changes.get("category", (None, None))
    if instance.process_id != "incident" or instance.business_key is None or before is not None:
        return
    if "category" not in progress.changes or progress.move.action != "task.completed":
        return
    said = f"{instance.variables.get('summary')} {instance.variables.get('description') or ''}"
    for one in suggest(work, said):
        chosen = str(instance.variables.get(one.target) or "")
        row: dict[str, Any] = {"number": instance.business_key, "target": one.target}
        row |= {"suggested": one.value}
        row |= {"confidence": one.confidence, "chosen": chosen, "at": work.now}
        work.connection.execute(insert(suggestions), row)


def accepted(reader: Reader, since: datetime) -> dict[str, tuple[int, int]]:
    """How many suggestions were taken, of how many, by target."""
    query = select(suggestions.c.target, suggestions.c.suggested, suggestions.c.chosen)
    found: dict[str, tuple[int, int]] = {}
    for row in reader.connection.execute(query.where(suggestions.c.at >= since)):
        taken, made = found.get(row.target, (0, 0))
        found[row.target] = (taken + (row.suggested == row.chosen), made + 1)
    return found
