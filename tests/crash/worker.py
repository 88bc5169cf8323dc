"""A process that works until it is killed: python -m tests.crash.worker URL SEED.

Says each command on stdout as soon as it was answered, so that the test knows what must be there.
"""

from __future__ import annotations

import random
import sys
from datetime import timedelta

from engine.clock import ManualClock
from engine.commands import instances, tasks
from engine.jobs import sweep
from engine.queries import tasks as queries
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.unit_of_work import Actor, Runtime
from engine.topics import Topics
from tests.conftest import MONDAY

ANN = Actor("ann", frozenset(), frozenset({"desk"}), channel="test")


def main(url: str, seed: int) -> None:
    """Start, complete and sweep at random, for ever."""
    runtime = Runtime(Database(url), ManualClock(MONDAY), Topics(), Catalogue())
    chance = random.Random(seed)
    for number in range(1_000_000):
        key = f"{seed}-{number}"
        if chance.random() < 0.5:
            runtime.run(ANN, lambda work, key=key: instances.start(work, "p", {}, key), key=key)
            say("started", key)
        elif chance.random() < 0.8:
            with runtime.read() as reader:
                rows = queries.worklist_page(reader, ["group:desk"], limit=20).rows
            if rows:
                task = chance.choice(rows).id
                runtime.run(ANN, lambda work, task=task: tasks.complete(work, task, {}), key=key)
                say("completed", str(task))
        else:
            runtime.clock.advance(timedelta(minutes=20))
            swept = sweep.run_due(runtime)
            say("swept", str(swept.fired))


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
