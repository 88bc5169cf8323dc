"""What a trained classifier suggests for an incident that nobody has classified yet."""

from __future__ import annotations

from collections.abc import Mapping

from engine.store.unit_of_work import Reader
from itil import classification
from itil.cases import Case
from web.names import group_names
from web.pages import Pages

bp = Pages("suggestions", __name__)


@bp.panel("panels/suggestions.html")
def suggested(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """Category and group with their confidence, and how good the model was when measured."""
    if case.process != "incident" or case.state != "new":
        return None
    found = classification.suggest(reader, f"{case.summary} {case.description}")
    if not found:
        return None
    return {"found": found, "groups": group_names(reader)}
