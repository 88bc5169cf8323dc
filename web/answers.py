"""Answers to choose from on a case, filled in before they are sent (INC-28)."""

from __future__ import annotations

from collections.abc import Mapping

from flask import request

from engine.store.unit_of_work import Reader
from itil import answers
from itil.answers import AnswerNotFound
from itil.cases import Case
from web.pages import Pages
from web.roles import STAFF
from web.visit import actor, visit

bp = Pages("answers", __name__)


@bp.panel("panels/answers.html")
def offered(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """The answers that fit a case; the one that the address names is filled in, to be changed."""
    if case.closed or not visit().has(STAFF):
        return None
    fitting = answers.fitting(reader, case)
    if not fitting:
        return None
    chosen, text = request.args.get("answer", ""), ""
    if chosen:
        try:
            text = answers.filled(reader, case, chosen, actor().name)
        except AnswerNotFound:
            chosen = ""
    language = visit().language
    named = [(one.key, one.name[language]) for one in fitting]
    return {"named": named, "chosen": chosen, "text": text, "number": case.number}
