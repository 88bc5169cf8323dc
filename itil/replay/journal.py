"""How far a replay has come, beside its database: one line per batch, appended after its commit.

A batch is run under an idempotency key made of the run and its position. If the program dies
between a commit and its line, the batch is run again, answers its first result and changes
nothing; so an event is never driven twice and never half.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import ClassVar, TextIO, TypeAlias
from uuid import uuid4

from engine.errors import Conflict

Held: TypeAlias = list[str | int]  #: case number and instance id


class ReplayUnfinished(Conflict):
    """The progress file and the command want different things."""

    code: ClassVar[str] = "replay.unfinished"


@dataclass(slots=True)
class Progress:
    """What was done, by one batch or by all so far; incidents go by their numbers in the log."""

    position: int = 0  #: events that are done, from the beginning
    cases: dict[str, Held] = field(default_factory=dict)  #: -> case number, instance
    aside: dict[str, str] = field(default_factory=dict)  #: -> transition that was not followed
    closed: dict[str, str] = field(default_factory=dict)  #: -> `timer` or `requester`
    compared: int = 0  #: priorities
    mismatches: list[tuple[str, int | None, int]] = field(default_factory=list)
    wall: float = 0.0  #: seconds
    cpu: float = 0.0  #: seconds

    def add(self, batch: Progress) -> None:
        """Take in one more batch."""
        self.position = max(self.position, batch.position)
        self.cases.update(batch.cases)
        self.aside.update(batch.aside)
        self.closed.update(batch.closed)
        self.compared += batch.compared
        self.mismatches += batch.mismatches
        self.wall += batch.wall
        self.cpu += batch.cpu


class Journal:
    """The progress file of one run."""

    def __init__(self, run: str, stream: TextIO) -> None:
        self.run = run
        self._stream = stream

    def append(self, batch: Progress) -> None:
        """Note a batch that is committed."""
        self._stream.write(json.dumps(asdict(batch)) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Leave the file for a later run to resume."""
        self._stream.close()


def begin(path: Path, log: str) -> Journal:
    """Start a run on a log (its digest).

    Raises:
        ReplayUnfinished: an earlier run was interrupted.
    """
    if path.exists():
        raise ReplayUnfinished(
            f"An earlier replay was interrupted; how far it came is in '{path}'. Resume it, or "
            "delete that file and take an empty database. Nothing was replayed.",
        )
    run = uuid4().hex
    stream = path.open("w", encoding="utf-8")
    stream.write(json.dumps({"run": run, "log": log}) + "\n")
    return Journal(run, stream)


def resume(path: Path, log: str) -> tuple[Journal, Progress]:
    """Take up an interrupted run on the same log, with what it has done.

    Raises:
        ReplayUnfinished: there is none, or it was on another log.
    """
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    # A line without its end was being written when the program died: its batch runs again.
    whole = [line for line in lines if line.endswith("\n")]
    if not whole:
        raise ReplayUnfinished(
            f"There is no replay to resume: '{path}' is missing or empty. Start one.",
        )
    head = json.loads(whole[0])
    if head["log"] != log:
        raise ReplayUnfinished(
            f"'{path}' belongs to a replay of another log or another number of incidents. Name "
            "the same as then, or start anew in an empty database. Nothing was replayed.",
        )
    done = Progress()
    for line in whole[1:]:
        done.add(Progress(**json.loads(line)))
    path.write_text("".join(whole), "utf-8")
    return Journal(head["run"], path.open("a", encoding="utf-8")), done
