"""Accuracy of the classifier on a CSV file, plain or gzip: text column, answer column."""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

from itil import classification


def pairs(file: Path, text: str, answer: str) -> Iterator[tuple[str, str]]:
    """Text and answer of each line that has both."""
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row[text] and row[answer]:
                yield row[text], row[answer]


def main() -> None:
    """Measure the columns TEXT and ANSWER of FILE, as the command line names them."""
    file, text, answer = sys.argv[1:]
    found = list(pairs(Path(file), text, answer))
    accuracy = classification.measure(found)
    print(f"{len(found):,} texts; {accuracy:.4f} of them right by a model that did not see them.")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
