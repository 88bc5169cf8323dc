"""What the states of a problem log (BPI Challenge 2013) are on the problem process."""

from __future__ import annotations

from datetime import timedelta

from engine.store.unit_of_work import Actor
from itil import cases
from itil.replay.states import CannotFollow, Desk, Entry, Ours

_ASSESSED = {
    "category": "software",
    "service": "erp",
    "impact": 2,
    "frequency": 2,
    "cost_risk": 2,
    "group": "applications",
}
_CAUSE = {
    "investigation": "cause",
    "rca_method": "five_why",
    "evidence": "As the log says.",
    "root_cause": "As the log says.",
}


class Problems:
    """Follows problems: queued, accepted, waiting, completed."""

    columns = ("Problem Number", "state", "ts")

    def open(self, desk: Desk, entry: Entry) -> Ours:
        """Open a problem."""
        actor = Actor("replay", frozenset({"agent"}), channel="replay")
        given = {"summary": f"Problem {entry.case}", "requester": "replay"}
        opened = desk.runtime.run(actor, lambda work: cases.open_case(work, "problem", given))
        return Ours(opened["number"], opened["instance"])

    def follow(self, desk: Desk, ours: Ours, entry: Entry, before: str) -> None:
        """Bring it to where the log says."""
        state = entry.state
        if state == "Queued/Awaiting Assignment":
            self._back(desk, ours, before)
            desk.release(ours, "investigate")
        elif state in ("Accepted/In Progress", "Accepted/Assigned"):
            self._back(desk, ours, before)
            self._assessed(desk, ours)
            desk.claim(ours, "investigate")
        elif state == "Accepted/Wait":
            self._back(desk, ours, before)
            self._assessed(desk, ours)
            until = (entry.at + timedelta(days=14)).isoformat()
            desk.does(
                ours,
                "investigate",
                investigation="supplier",
                supplier="As the log says",
                supplier_reference=entry.case,
                supplier_until=until,
            )
        elif state == "Completed/Closed":
            self._solved(desk, ours, before)
        else:
            raise CannotFollow("the diagram has no such end")

    def _back(self, desk: Desk, ours: Ours, before: str) -> None:
        """From waiting back to the investigation; what was completed is not begun again."""
        if before.startswith("Completed/"):
            raise CannotFollow("a problem that was completed comes back by an incident only")
        if "await_supplier" in desk.waits(ours):
            desk.does(ours, "await_supplier", supplier_answer="As the log says.")

    def _assessed(self, desk: Desk, ours: Ours) -> None:
        if "categorise" in desk.waits(ours):
            desk.does(ours, "categorise", **_ASSESSED)

    def _solved(self, desk: Desk, ours: Ours, before: str) -> None:
        if before.startswith("Completed/"):
            return
        self._back(desk, ours, before)
        self._assessed(desk, ours)
        desk.does(ours, "investigate", **_CAUSE)
        said = "As the log says."
        desk.does(
            ours,
            "propose",
            solution_kind="action",
            solution_summary=said,
            solution=said,
            watch_days=1,
        )
        desk.does(ours, "carry_out", carried_out=said)

    def finish(self, desk: Desk, ours: Ours) -> None:
        """What was watched long enough is reviewed and closed."""
        if "review" not in desk.waits(ours):
            return
        said = "As the log says."
        desk.does(
            ours,
            "review",
            review_note=said,
            knowledge_update="none",
            knowledge_reason=said,
            resolution_code="solved",
            resolution=said,
        )
        desk.does(ours, "approve_closure", closure_approved=True)
