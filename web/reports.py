"""Reports: how problems and changes go, the pack of a management review, files for auditors."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from flask import jsonify, render_template, request
from werkzeug.wrappers import Response

from engine.errors import Rejected
from engine.queries import definitions
from engine.store.unit_of_work import Reader
from itil import case_file, event_log, figures, policy, sensitive
from itil.cases import Case
from itil.sensitive import Read
from web import reads
from web.pages import Answer, Entry, Pages
from web.roles import AUDITORS, READERS
from web.site import site
from web.visit import actor, visit

OVER = AUDITORS | {"admin"}
bp = Pages(
    "reports",
    __name__,
    Entry("/reports", "nav.reports", READERS, "control", 5),
    Entry("/samples", "nav.samples", OVER, "control", 15),
)
#: Days that a report looks back.
SPAN = 90
_MOST = 1_000


@bp.page("/reports", READERS)
def overview() -> Answer:
    """Problems (PRB-11), changes (CHG-26) and what management looks at (CSI-06)."""
    with site().runtime.read() as reader:
        pack = figures.management(reader, reader.now - timedelta(days=SPAN))
        trend = figures.change_trend(reader, reader.now)
    return render_template("reports.html", pack=pack, trend=trend, days=SPAN)


@bp.page("/reports/management.json", READERS)
def management() -> Answer:
    """The pack of a management review, as data."""
    with site().runtime.read() as reader:
        return jsonify(figures.management(reader, reader.now - timedelta(days=SPAN)))


# -- for auditors


@bp.page("/cases/<number>/file.zip", OVER)
def whole(number: str) -> Answer:
    """Everything about a case in one file that proves itself (AUD-05)."""
    with site().runtime.read() as reader:
        content = case_file.whole(reader, number)
    reads.taken(actor(), Read(f"case:{number}", sensitive.CASE_FILE))
    headers = {"Content-Disposition": f'attachment; filename="{number}.zip"'}
    return Response(content, mimetype="application/zip", headers=headers)


@bp.page("/samples", OVER)
def samples() -> Answer:
    """A population and a random sample of it (AUD-06), or all its events (EVT-09)."""
    asked = request.args
    with site().runtime.read() as reader:
        processes = definitions.keys(reader, "process")
        found = None
        if asked.get("process"):
            span = _moment("from"), _moment("to") + timedelta(days=1)
            if asked.get("as") == "log":
                table = event_log.as_csv(reader, asked["process"], span, visit().language)
                read = Read(f"events:{asked['process'][:100]}", sensitive.SAMPLE)
                reads.taken(actor(), read)
                return _csv("events.csv", table)
            size = asked.get("size", 25, int)
            seed = asked.get("seed") or secrets.token_hex(4)
            size = min(max(size, 1), _MOST)
            found = case_file.sample(reader, asked["process"], span, size, seed)
            if asked.get("as") == "csv":
                details = {"cases": len(found.numbers), "seed": seed, "sha256": found.sha256}
                read = Read(f"sample:{asked['process'][:100]}", sensitive.SAMPLE, details=details)
                reads.taken(actor(), read)
                return _csv("sample.csv", case_file.as_csv(found))
        else:
            seed = ""
    return render_template("samples.html", processes=processes, asked=asked, found=found, seed=seed)


def _csv(name: str, content: str | bytes) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(content, mimetype="text/csv", headers=headers)


def _moment(name: str) -> datetime:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
        return datetime(day.year, day.month, day.day, tzinfo=visit().zone)
    except (ValueError, OverflowError) as error:
        raise Rejected(f"'{name}' is no date. Write one such as 2026-03-01.") from error


@bp.panel("panels/policy.html")
def change_policy(reader: Reader, case: Case) -> Mapping[str, object] | None:
    """The change policy, on every change (CHG-02)."""
    found = policy.active(reader) if case.process == "change" else None
    return None if found is None else {"text": found[0]["text"][visit().language]}
