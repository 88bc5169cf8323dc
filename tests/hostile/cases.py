"""Every hostile case."""

from __future__ import annotations

from tests.hostile import between, documents, expressions, files, runs, shapes
from tests.hostile.cage import Case

CASES: tuple[Case, ...] = (
    *files.cases(),
    *shapes.cases(),
    *runs.cases(),
    *between.cases(),
    *expressions.cases(),
    *documents.cases(),
)
