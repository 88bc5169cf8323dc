"""What the activities of a help desk log are on the request process."""

from __future__ import annotations

from engine.store.unit_of_work import Actor
from itil import cases
from itil.replay.states import CannotFollow, Desk, Entry, Ours

#: An item of the catalogue with one step that needs no approval, as a ticket of the log is.
ITEM = "password"
#: What the diagram has no state for; the work goes on, and a note is kept.
_NOTED = frozenset(
    {
        "Wait",
        "Require upgrade",
        "Schedule intervention",
        "Create SW anomaly",
        "Resolve SW anomaly",
        "VERIFIED",
    }
)


class Requests:
    """Follows tickets: taken, resolved, closed, taken again."""

    columns = ("case", "activity", "ts")

    def open(self, desk: Desk, entry: Entry) -> Ours:
        """Open a request."""
        actor = Actor("replay", frozenset({"requester"}), channel="replay")
        given = {"summary": f"Ticket {entry.case}", "requester": "replay", "item": ITEM}
        opened = desk.runtime.run(
            actor, lambda work: cases.open_case(work, "service_request", given)
        )
        return Ours(opened["number"], opened["instance"])

    def follow(self, desk: Desk, ours: Ours, entry: Entry, before: str) -> None:
        """Bring it to where the log says."""
        state = entry.state
        if desk.state(ours) in cases.CLOSED:
            if state != "Closed":
                raise CannotFollow("a request that is closed is not begun again")
        elif state in _NOTED:
            self._working(desk, ours)
            desk.note(ours, f"The log says: {state}")
        elif state in ("Insert ticket", "Assign seriousness"):
            self._working(desk, ours)
        elif state == "Take in charge ticket":
            self._working(desk, ours)
            desk.claim(ours, "do_step")
            desk.claim(ours, "rework")
        elif state in ("Resolve ticket", "RESOLVED"):
            self._done(desk, ours)
        elif state == "Closed":
            self._done(desk, ours)
            desk.does(ours, "confirm", confirmed="yes")
        else:
            raise CannotFollow("the diagram has no such end")

    def _working(self, desk: Desk, ours: Ours) -> None:
        """Work goes on: what was delivered is refused by its requester."""
        if "confirm" in desk.waits(ours):
            desk.does(ours, "confirm", confirmed="no", missing="As the log says.")

    def _done(self, desk: Desk, ours: Ours) -> None:
        waits = desk.waits(ours)
        if "do_step" in waits:
            desk.does(ours, "do_step", step_result="done")
        elif "rework" in waits:
            desk.does(ours, "rework", resolution="As the log says.")

    def finish(self, desk: Desk, ours: Ours) -> None:
        """Nothing is left: silence has closed it, or it is open as in the log."""
