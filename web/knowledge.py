"""Knowledge: find articles and known errors, read them, say whether they helped."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, render_template, request, url_for

from engine.store.unit_of_work import Reader
from itil import deflections, knowledge, people, proposals
from itil.cases import Case
from web.pages import Answer, Entry, Pages
from web.roles import DOERS, SIGNED_IN, STAFF
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("knowledge", __name__, Entry("/knowledge", "nav.knowledge", SIGNED_IN, "records", 10))


@bp.page("/knowledge", SIGNED_IN)
def overview() -> Answer:
    """Articles and known errors: those that say the words asked for, or the newest."""
    asked = request.args.get("text", "").strip()[:200]
    with site().runtime.read() as reader:
        if asked:
            found = knowledge.find(reader, actor(), asked)
        else:
            found = knowledge.recent(reader, actor())
    return render_template("knowledge.html", asked=asked, found=found, language=visit().language)


@bp.page("/knowledge/<key>", SIGNED_IN)
def article(key: str) -> Answer:
    """One article with its versions, for whom it is."""
    with site().runtime.read() as reader:
        found = knowledge.get(reader, key, actor())
        versions = knowledge.history(reader, key)
        names = people.names(reader, [found.author, *(row.author for row in versions)])
    return render_template(
        "article.html",
        article=found,
        versions=versions,
        names=names,
        language=visit().language,
        votes=visit().has(DOERS),
    )


@bp.page("/knowledge/<key>/votes", DOERS, ["POST"])
def vote(key: str) -> Answer:
    """Say whether it helped (KNO-05)."""
    helpful = request.form.get("helpful") == "1"
    site().runtime.run(
        actor(), lambda work: knowledge.vote(work, key, helpful=helpful), command_key()
    )
    return redirect(url_for("knowledge.article", key=key, done="voted"), 303)


@bp.page("/knowledge/<key>/solved", DOERS, ["POST"])
def solved(key: str) -> Answer:
    """Say that nothing has to be sent any more, because this answers it (KNO-03)."""
    about = request.form.get("about", "")
    site().runtime.run(actor(), lambda work: deflections.add(work, key, about), command_key())
    return redirect(url_for("knowledge.article", key=key, done="solved"), 303)


@bp.page("/cases/<number>/proposals", STAFF, ["POST"])
def accept(number: str) -> Answer:
    """Take what is proposed for a case (INC-17)."""
    key = request.form.get("proposal", "")
    site().runtime.run(actor(), lambda work: proposals.accept(work, number, key), command_key())
    return redirect(url_for("cases.case", number=number, done="saved"), 303)


@bp.panel("panels/knowledge.html")
def fitting(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """Articles, known errors and open incidents that share words with an open case (INC-17)."""
    found = proposals.of(reader, actor(), case)
    if not found:
        return None
    staff, chinese = visit().has(STAFF), visit().language == "zh"
    return {"found": found, "chinese": chinese, "staff": staff, "number": case.number}
