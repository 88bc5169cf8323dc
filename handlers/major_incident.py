"""Major incidents: who is told what while one is led."""

from __future__ import annotations

from collections.abc import Mapping

from engine.topics import Notice, Outcome, Topics
from handlers.notices import public
from itil.changes import texts

topics = Topics()


@topics.handles("major.tell")
def tell(template: str, rhythm: Mapping[str, object], case: Mapping[str, object]) -> Outcome:
    """Tell whom the table names, such as `group:management` (INC-14).

    Beside what every notice may carry: what the lead wrote for others, and the minutes until more.
    """
    told = {"major_status": case.get("major_status") or "", "minutes": rhythm.get("minutes") or ""}
    addresses = dict.fromkeys(texts(rhythm.get("tell")))
    values = {**public(case), **told}
    return Outcome(
        notices=tuple(Notice(to, template, values) for to in addresses),
        reason=f"Told {', '.join(addresses) or 'nobody'}.",
    )
