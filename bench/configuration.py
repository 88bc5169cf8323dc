"""Impact among 10,000 configuration items, and a file of as many (CMDB-04, CMDB-07).

Items lie in layers of a hundred; each stands on two of the layer below, so that everything is
affected by the lowest.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import wiring
from engine.store.database import Database
from engine.store.unit_of_work import Actor
from itil import configuration_import, impact
from settings import Settings

ITEMS = 10_000
LAYER = 100
KIM = Actor("kim", frozenset({"configuration-manager"}))


def file() -> bytes:
    """The items as CSV."""
    lines = ["key,name,kind,criticality,depends-on"]
    for number in range(ITEMS):
        below = number - LAYER
        targets = f"ci-{below:05};ci-{below - below % LAYER + (below + 1) % LAYER:05}"
        lines.append(f"ci-{number:05},Item {number},server,3,{targets if below >= 0 else ''}")
    return "\n".join(lines).encode()


def measure() -> None:
    """Print process CPU time of each."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        wiring.migrate_database(database)
        runtime = wiring.build_runtime(Settings(), database)
        content, began = file(), time.process_time()
        runtime.run(KIM, lambda work: configuration_import.apply(work, content, "bench"))
        print(f"import of {ITEMS:,} items        {time.process_time() - began:8.2f} s CPU")
        with runtime.read() as reader:
            for depth in (1, 5, 100):
                began = time.process_time()
                found = impact.affected(reader, ["ci-00000"], depth)
                spent = (time.process_time() - began) * 1000
                print(f"impact to depth {depth:<3} {len(found):>6,} items {spent:8.1f} ms CPU")
        database.close()


if __name__ == "__main__":
    measure()
