"""A process that migrates until it is killed: python -m tests.crash.migrator URL PLAN.

Says on stdout how far it is after every few instances.
"""

from __future__ import annotations

import sys

from engine.clock import ManualClock
from engine.jobs import migrations
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.unit_of_work import Runtime
from engine.topics import Topics
from tests.conftest import MONDAY


def main(url: str, plan_id: int) -> None:
    runtime = Runtime(Database(url), ManualClock(MONDAY), Topics(), Catalogue())
    migrations.BATCH = 3
    migrations.run(runtime, plan_id, lambda went: say(f"{went.moved} {went.kept}"))


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
