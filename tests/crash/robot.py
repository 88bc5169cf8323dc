"""A worker that does jobs until it is killed: python -m tests.crash.robot URL NAME.

Says what it took and what was acknowledged, so that the test knows what must be there.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from engine.clock import ManualClock
from engine.commands import instances
from engine.commands.workers import Request
from engine.jobs import workers
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.unit_of_work import Actor, Runtime
from engine.topics import Topics
from tests.conftest import MONDAY

ROBOT = Actor("token:robot", channel="api")
TYPES = frozenset({"ship"})


def main(url: str, name: str) -> None:
    """Start a case, take some jobs, complete most of them; for ever, on a clock of its own."""
    # A later worker lives later: what an earlier one held is free again.
    moment = MONDAY + timedelta(minutes=10 * int(name))
    runtime = Runtime(Database(url), ManualClock(moment), Topics(), Catalogue())
    asked = Request("ship", name, timedelta(minutes=5), 3)
    while True:
        started = runtime.run(ROBOT, lambda work: instances.start(work, "p", {}))
        say("started", started["instance"])
        for job in workers.take(runtime, ROBOT, asked, TYPES):
            say("took", job.visit)
            workers.complete(runtime, ROBOT, job.key, TYPES, {"by": name})
            say("completed", job.visit)


def say(word: str, number: int) -> None:
    sys.stdout.write(f"{word} {number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
