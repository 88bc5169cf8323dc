"""A process that takes jobs until there are none: python -m tests.store.taker URL NAME."""

from __future__ import annotations

import sys
from datetime import timedelta

from engine.clock import ManualClock
from engine.commands.workers import Request
from engine.jobs import workers
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.unit_of_work import Actor, Runtime
from engine.topics import Topics
from tests.conftest import MONDAY


def main(url: str, name: str) -> None:
    runtime = Runtime(Database(url), ManualClock(MONDAY), Topics(), Catalogue())
    asked = Request("ship", name, timedelta(minutes=1), 2)
    actor = Actor("token:robot", channel="api")
    while found := workers.take(runtime, actor, asked, frozenset({"ship"})):
        for job in found:
            sys.stdout.write(f"{job.visit}\n")
    runtime.database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
