"""Controls: looked at by a process of their own, every night."""

from __future__ import annotations

from engine.topics import Outcome, Topics
from itil import monitors
from itil.work import Work

topics = Topics()


@topics.handles("controls.look")
def look(work: Work) -> Outcome:
    """Ask every control, and keep what is new (AUD-19)."""
    found = monitors.look(work)
    new = {name: count for name, count in found.items() if count}
    return Outcome(
        {"new_findings": sum(found.values())},
        reason=", ".join(f"{name}: {count}" for name, count in new.items()) or "Nothing new.",
    )
