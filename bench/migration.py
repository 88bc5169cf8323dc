"""What a bulk migration costs: python -m bench.migration [INSTANCES]; SQLite, CPU time.

Half of the incidents wait to be classified, half are being diagnosed, with their clocks, events
and timers; the other version has another id for one task.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path
from time import process_time

import wiring
from engine.clock import ManualClock
from engine.commands import definitions, migrations
from engine.jobs import migrations as job
from engine.queries import definitions as definition_queries
from engine.queries import migrations as queries
from engine.store.migrations import Plan
from engine.store.unit_of_work import Runtime
from tests import office
from tests.conftest import MONDAY
from tests.office import ADMIN, Office

CLASSIFIED = {"category": "network", "service": "network", "impact": 2, "urgency": 2}
NAMES = {"diagnose": "find_cause"}


def furnish(desk: Office, count: int) -> None:
    """So many incidents on version 1, and version 2 beside it."""
    for number in range(count):
        incident = desk.open_incident()
        if number % 2:
            incident.complete("classify", "ben", **CLASSIFIED)
    source = wiring.shipped_files()["workflows/incident/incident.bpmn"]
    renamed = source.replace(b'"diagnose"', b'"find_cause"').replace(b">diagnose<", b">find_cause<")
    files = {"incident.bpmn": renamed}
    desk.runtime.run(ADMIN, lambda work: definitions.deploy(work, files, "a measurement"))


def peak() -> float:
    """The most memory this process has had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def dry_run(runtime: Runtime, count: int) -> None:
    """Judge every instance."""
    with runtime.read() as reader:
        rows = [definition_queries.version(reader, "incident", number) for number in (1, 2)]
        begun = process_time()
        found = queries.outlook(reader, Plan("incident", (rows[0].id,), rows[1].id, NAMES))
    took = (process_time() - begun) / count * 1000
    print(f"dry run: {found.can} can, {found.cannot} cannot; {took:.2f} ms CPU an instance")


def main(count: int) -> None:
    """Measure the dry run and the move."""
    with (
        tempfile.TemporaryDirectory() as folder,
        office.opened(Path(folder), ManualClock(MONDAY)) as desk,
    ):
        furnish(desk, count)
        before = peak()
        dry_run(desk.runtime, count)
        wanted = ([1], 2)
        begun = desk.runtime.run(
            ADMIN, lambda work: migrations.begin(work, "incident", wanted, NAMES, "a measurement")
        )
        start = process_time()
        went = job.run(desk.runtime, begun["plan"])
        took = (process_time() - start) / count * 1000
    print(f"move: {went.moved} moved, {went.kept} kept; {took:.2f} ms CPU an instance")
    print(f"memory: {peak() - before:.1f} MB more than before")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
