"""What people add to a case beside its tasks: minutes, files."""

from __future__ import annotations

from collections.abc import Mapping

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from engine.store.unit_of_work import Reader
from itil import attachments, cases, sensitive, worklog
from itil.attachments import AttachmentNotFound
from itil.cases import Case
from web import reads
from web.pages import Answer, Pages
from web.roles import READERS, SIGNED_IN, STAFF
from web.site import site
from web.visit import actor, command_key, visit

bp = Pages("case_work", __name__)


@bp.page("/cases/<number>/work", STAFF, ["POST"])
def log_work(number: str) -> Answer:
    """Log minutes on a case (INC-24)."""
    sent = request.form
    minutes, activity, note = (
        sent.get("minutes", ""),
        sent.get("activity", ""),
        sent.get("note", ""),
    )
    whole = int(minutes[:6]) if minutes.isascii() and minutes.isdigit() else 0
    site().runtime.run(
        actor(), lambda work: worklog.add(work, number, activity, whole, note), command_key()
    )
    return redirect(url_for("cases.case", number=number, done="saved"), 303)


@bp.page("/cases/<number>/files", STAFF, ["POST"])
def attach(number: str) -> Answer:
    """Attach a file to a case (AUD-14)."""
    file = request.files.get("file")
    content = b"" if file is None else file.read()
    name = "" if file is None else str(file.filename or "")
    internal, key = request.form.get("public") != "1", command_key()
    site().runtime.run(
        actor(), lambda work: attachments.add(work, number, name, content, internal=internal), key
    )
    return redirect(url_for("cases.case", number=number, done="saved"), 303)


@bp.page("/files/<int:attachment>", SIGNED_IN)
def download(attachment: int) -> Answer:
    """A file, for staff, and for whose case it is unless it is internal."""
    with site().runtime.read() as reader:
        found, content = attachments.get(reader, attachment)
        case = cases.get(reader, found.number)
        own = actor().name in {case.requester, case.affected_user} and not found.internal
        if not visit().has(READERS) and not own:
            raise AttachmentNotFound(attachment)
        if not own:
            reads.of_case(reader, actor(), case, sensitive.FILE)
    response = Response(content, mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    return response


@bp.panel("panels/work.html")
def worked(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """Minutes and files of a case, and forms for more."""
    logged = worklog.of(reader, case.number)
    return {
        "logged": logged,
        "minutes": sum(one.minutes for one in logged),
        "files": attachments.of(reader, case.number, internal=True),
        "activities": worklog.ACTIVITIES,
        "adds": visit().has(STAFF),
        "case": case,
    }
