"""Runs hostile cases one by one, each in a process of its own, and says what each one cost.

`python -m tests.hostile.cage` reads names of cases, one a line, and answers a line of JSON for
each. The parent has imported everything, so what a child uses is what the case uses.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time

from sqlalchemy import func, select

from engine.clock import ManualClock
from engine.errors import EngineError
from engine.store.catalogue import Catalogue
from engine.store.database import Database
from engine.store.tables import definitions, instances, metadata
from engine.store.unit_of_work import Runtime
from settings import Settings
from tests.conftest import MONDAY
from tests.desk import Desk
from tests.randomly.engines import topics
from wiring import build_runtime

#: What one file or one step may use, beside what the program has before it.
CPU_SECONDS, PEAK_BYTES = 2.0, 200_000_000
#: So that a case that is not contained does not take the machine with it.
_HARD_CPU, _HARD_BYTES = 20, 1_500_000_000


@dataclass(frozen=True)
class Case:
    """Something hostile: what is there before, what is done, and how it must be refused."""

    name: str
    #: one step, or several up to the first that is refused; each is a request by itself
    act: Callable[[Ground], object] | tuple[Callable[[Ground], object], ...]
    says: str = ""  #: pattern that the refusal must match; empty: it may also be contained
    given: Callable[[Ground], object] = lambda _: None
    quick: bool = False  #: whether it is among those that are always run


@dataclass
class Ground:
    """A desk on an empty database, with what the case has prepared."""

    desk: Desk
    kept: dict[str, bytes] = field(default_factory=dict)

    def deploy(self, source: bytes, file: str = "p.bpmn") -> None:
        """Deploy one file."""
        self.desk.deploy(source, file)

    def snapshot(self) -> tuple[object, ...]:
        """What a refused step must leave as it was."""
        rows = select(instances.c.id, instances.c.revision, instances.c.status)
        with self.desk.runtime.read() as reader:
            count = reader.connection.execute(select(func.count()).select_from(definitions))
            return (count.scalar(), *map(tuple, reader.connection.execute(rows)))


def main() -> None:
    """Serve cases until the input ends."""
    from tests.hostile.cases import CASES  # noqa: PLC0415 - they need the classes above

    known = {case.name: case for case in CASES}
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_in_a_child(known[line.strip()])) + "\n")
        sys.stdout.flush()


def _in_a_child(case: Case) -> dict[str, object]:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        with os.fdopen(write_end, "w") as out:
            try:
                json.dump(_observed(case), out)
            except BaseException:  # noqa: BLE001 - whatever it is, the parent must hear of it
                json.dump({"outcome": "crashed", "message": traceback.format_exc()[-3000:]}, out)
        os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as heard:
        answer = heard.read()
    _, status, _ = os.wait4(child, 0)
    if status or not answer:
        return {"outcome": "killed", "message": f"wait status {status}"}
    return dict(json.loads(answer))


def _observed(case: Case) -> dict[str, object]:
    """Run a case; how it went, and its CPU and peak memory over what was there before."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'db.sqlite'}", safe=False)
        metadata.create_all(database.engine)
        clock = ManualClock(MONDAY)
        known = build_runtime(Settings(), database).documents
        runtime = Runtime(database, clock, topics(), Catalogue(), documents=known)
        ground = Ground(Desk(runtime, clock))
        case.given(ground)
        _limit()
        resident = _reset_peak()
        outcome, message, cpu = "contained", "", 0.0
        for step in case.act if isinstance(case.act, tuple) else (case.act,):
            if outcome == "contained":
                began = process_time()
                outcome, message = _tried(step, ground)
                cpu = max(cpu, process_time() - began)
        peak = _status("VmHWM") - resident
        if case.says and outcome == "refused" and not re.search(case.says, message):
            outcome = "badly said"
        if case.says and outcome == "contained":
            outcome = "not refused"
        return {"outcome": outcome, "message": message, "cpu": cpu, "peak": peak}


def _tried(step: Callable[[Ground], object], ground: Ground) -> tuple[str, str]:
    before = ground.snapshot()
    try:
        answer = step(ground)
    except EngineError as refusal:
        if ground.snapshot() != before:
            return "half done", f"{before} became {ground.snapshot()}: {refusal}"
        found = "; ".join(f"{f.rule} {f}" for f in getattr(refusal, "findings", ()))
        return "refused", f"{type(refusal).__name__}: {refusal} {found}"[:5000]
    except MemoryError:
        return "crashed", "MemoryError"
    except Exception:  # noqa: BLE001 - anything else would be a 500 for somebody
        return "crashed", traceback.format_exc()[-3000:]
    return "contained", repr(answer)[:300]


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_HARD_CPU, _HARD_CPU))
    most = _status("VmSize") + _HARD_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _reset_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    """A line of this process's status, in bytes."""
    text = Path("/proc/self/status").read_text()
    return int(re.findall(rf"{name}:\s+(\d+) kB", text)[0]) * 1024


if __name__ == "__main__":
    from tests.hostile.cage import main as serve  # the same classes as those of the cases

    serve()
