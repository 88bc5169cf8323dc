"""Ten thousand open clocks measured anew after a change of calendar (SLM-28)."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import wiring
from engine.commands import definitions
from engine.store.database import Database
from itil import cases, clock_changes, demo
from settings import Settings
from wiring import OPERATOR

INCIDENTS = 5_000  #: each with two clocks


def measure() -> None:
    """Print process CPU time."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}", safe=False)
        wiring.migrate_database(database)
        runtime = wiring.build_runtime(Settings(), database)
        runtime.run(OPERATOR, lambda work: definitions.ship(work, wiring.shipped_files()))
        runtime.run(OPERATOR, demo.populate)
        given = {"summary": "No mail", "requester": "rita"}
        for _ in range(INCIDENTS):
            runtime.run(OPERATOR, lambda work: cases.open_case(work, "incident", given))
        for name, content in wiring.shipped_files().items():
            if name.startswith("workflows/service_level/calendars/"):
                document = json.loads(content)
                document["special_days"] = {
                    **document.get("special_days", {}),
                    "2030-01-07": {"hours": [], "reason": "Bench"},
                }
                files = {name: json.dumps(document).encode()}
                runtime.run(OPERATOR, lambda work: definitions.deploy(work, files, "bench"))  # noqa: B023
        began = time.process_time()
        changed = clock_changes.rebase(runtime, OPERATOR, "incident", "bench")
        spent = time.process_time() - began
        print(f"{changed:,} clocks measured anew: {spent:.2f} s CPU")
        database.close()


if __name__ == "__main__":
    measure()
