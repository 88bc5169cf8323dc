"""What is urgent when a shift ends, for the group that has it (INC-26)."""

from __future__ import annotations

from engine.topics import Notice, Outcome, Topics
from itil import handovers, people
from itil.work import Work

topics = Topics()


@topics.handles("handover.urgent")
def urgent(work: Work) -> Outcome:
    """Tell each group which cases of priority 1 and 2 it leaves open, those of nobody first."""
    notices, said = [], []
    for group in people.directory(work):
        found = handovers.urgent(work, group.key)
        if not found:
            continue
        lines = [f"{c.number} P{c.priority} {c.summary} ({c.assignee or '-'})" for c in found]
        values = {"group": group.name, "count": len(found), "list": "\n".join(lines)}
        values["unclaimed"] = sum(case.assignee is None for case in found)
        notices.append(Notice(f"group:{group.key}", "shift.urgent", values))
        said.append(f"{group.key}: {len(found)}")
    return Outcome(notices=tuple(notices), reason=", ".join(said) or "Nothing urgent is open.")
