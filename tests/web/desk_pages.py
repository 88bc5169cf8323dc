"""Pages of requests, knowledge and the desk: an address of each, and who may use it."""

from __future__ import annotations

from dataclasses import replace

from engine.store.unit_of_work import Actor, UnitOfWork
from itil import handovers

STAFF = {"ben", "sofia", "max", "olga", "adam"}
DOERS = STAFF | {"rita"}
OWNERS = {"olga", "adam"}

DESK_PAGES: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("GET", "/knowledge"): ("/knowledge", DOERS | {"ada"}),
    ("GET", "/knowledge/<key>"): ("/knowledge/KNO-1", DOERS | {"ada"}),
    ("POST", "/knowledge/<key>/votes"): ("/knowledge/KNO-1/votes", DOERS),
    ("GET", "/catalogue"): ("/catalogue", DOERS),
    ("GET", "/catalogue/<key>"): ("/catalogue/laptop", DOERS),
    ("POST", "/catalogue/<key>"): ("/catalogue/laptop", DOERS),
    ("GET", "/catalogue-items"): ("/catalogue-items", OWNERS),
    ("GET", "/catalogue-items/new"): ("/catalogue-items/new?like=laptop", OWNERS),
    ("GET", "/catalogue-items/<key>"): ("/catalogue-items/laptop", OWNERS),
    # Sent without a key: 422.
    ("POST", "/catalogue-items"): ("/catalogue-items", OWNERS),
    ("POST", "/knowledge/<key>/solved"): ("/knowledge/KNO-1/solved", DOERS),
    ("GET", "/cases/bulk"): ("/cases/bulk?number=INC-1", STAFF),
    # Sent without a case: 422.
    ("POST", "/cases/bulk"): ("/cases/bulk", STAFF),
    # Sent without minutes: 422.
    ("POST", "/cases/<number>/work"): ("/cases/INC-1/work", STAFF),
    # Sent without a file: 422.
    ("POST", "/cases/<number>/files"): ("/cases/INC-1/files", STAFF),
    ("GET", "/files/<int:attachment>"): ("/files/1", DOERS | {"ada"}),
    ("GET", "/mail"): ("/mail", {"ben", "sofia", "max", "adam", "ada"}),
    ("GET", "/second-factor"): ("/second-factor", DOERS | {"ada"}),
    ("POST", "/second-factor/begin"): ("/second-factor/begin", DOERS | {"ada"}),
    # Sent without digits: 422.
    ("POST", "/second-factor/confirm"): ("/second-factor/confirm", DOERS | {"ada"}),
    ("POST", "/second-factor/remove"): ("/second-factor/remove", DOERS | {"ada"}),
    ("POST", "/people/<login>/second-factor"): ("/people/wang/second-factor", {"adam"}),
    # Nothing is proposed: 409.
    ("POST", "/cases/<number>/proposals"): ("/cases/INC-1/proposals", STAFF),
    ("POST", "/people/<login>/skills"): ("/people/wang/skills", {"adam"}),
    ("GET", "/handovers"): ("/handovers", STAFF),
    # Sent without a note: 422.
    ("POST", "/handovers"): ("/handovers", STAFF),
    # The note is of the service desk, for the others of it.
    ("POST", "/handovers/<int:handover>/take"): ("/handovers/1/take", {"ben", "sofia"}),
}


def leave_note(work: UnitOfWork) -> None:
    """A shift of the service desk that nobody has taken over."""
    li = replace(work, actor=Actor("li", groups=frozenset({"service-desk"})))
    handovers.write(li, "service-desk", "Printer 3 is being repaired.")
