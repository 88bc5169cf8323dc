"""Configuration items on pages: found, read with what hangs on them, imported, compared."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from itil import baselines, cases, changes, configuration, configuration_import, impact
from web.pages import Answer, Entry, Pages, address
from web.roles import READERS
from web.site import site
from web.visit import actor, command_key, visit

MANAGERS = frozenset({"configuration-manager", "admin"})
bp = Pages(
    "configuration",
    __name__,
    Entry("/configuration", "nav.configuration", READERS, "records", 40),
    Entry("/configuration/baselines", "nav.baselines", READERS, "records", 41),
    Entry("/configuration/import", "nav.ci-import", MANAGERS, "records", 42),
)
PAGE = 50
DEEPEST = 8


@bp.page("/configuration", READERS)
def overview() -> Answer:
    """Items by key, with search."""
    given = request.args
    text, kind = given.get("text", "").strip()[:100], given.get("kind", "")
    kind = kind if kind in configuration.KINDS else ""
    with site().runtime.read() as reader:
        rows = configuration.search(reader, actor(), text, kind, given.get("after", ""), PAGE)
        late = configuration_import.overdue(reader)
    following = None
    if len(rows) == PAGE:
        query = {"text": text, "kind": kind, "after": rows[-1].key}
        following = address("configuration.overview", query)
    return render_template(
        "configuration/list.html",
        rows=rows,
        text=text,
        kind=kind,
        kinds=configuration.KINDS,
        next=following,
        late=late,
        edits=visit().has(MANAGERS),
    )


@bp.page("/configuration/export.csv", READERS)
def export() -> Answer:
    """Every item that the person may see, as a file that can be imported again."""
    with site().runtime.read() as reader:
        rows = configuration.search(reader, actor(), limit=configuration_import.MOST_LINES)
        content = configuration_import.export(reader, rows)
    headers = {"Content-Disposition": "attachment; filename=configuration.csv"}
    return Response(content, mimetype="text/csv", headers=headers)


@bp.page("/configuration/items/<path:key>", READERS)
def item(key: str) -> Answer:
    """One item: its fields, relations, what it carries and stands on, cases, history (CMDB-08)."""
    depth = request.args.get("depth", 3, int)
    depth = min(max(depth, 1), DEEPEST)
    with site().runtime.read() as reader:
        found = configuration.get(reader, key, actor())
        up, down = impact.affected(reader, [key], depth), impact.supports(reader, [key], depth)
        known = configuration.by_keys(reader, [*up, *down])
        return render_template(
            "configuration/item.html",
            item=found,
            relations=configuration.relations_of(reader, key),
            up=[(known[one], distance) for one, distance in up.items() if one in known],
            down=[(known[one], distance) for one, distance in down.items() if one in known],
            depth=depth,
            deepest=DEEPEST,
            cases=cases.on_item(reader, key),
            changes=changes.touching(reader, [key], 20),
            history=configuration.history_of(reader, key),
        )


# -- import and verification


@bp.page("/configuration/import", MANAGERS)
def import_page() -> Answer:
    """A form for a file."""
    return _import_page()


@bp.page("/configuration/import", MANAGERS, ["POST"])
def import_file() -> Answer:
    """Show what a file would do; do it where that is what was shown; or keep the comparison."""
    sent = request.form
    file = request.files.get("file")
    content = file.read() if file is not None else sent.get("content", "").encode()
    name = sent.get("name", "").strip()[:100]
    key = command_key()
    if sent.get("does") == "verify":
        site().runtime.run(
            actor(), lambda work: configuration_import.verify(work, content, name), key
        )
        return redirect(url_for("configuration.compare", done="saved"), 303)
    if sent.get("shown") == hashlib.sha256(content).hexdigest():
        site().runtime.run(
            actor(), lambda work: configuration_import.apply(work, content, name), key
        )
        return redirect(url_for("configuration.overview", done="saved"), 303)
    with site().runtime.read() as reader:
        plan = configuration_import.plan(reader, content)
    return _import_page(plan, content, name)


def _import_page(
    plan: configuration_import.Plan | None = None, content: bytes = b"", name: str = ""
) -> str:
    shown = hashlib.sha256(content).hexdigest() if plan else ""
    text = content.decode("utf-8-sig") if plan else ""
    return render_template(
        "configuration/import.html", plan=plan, content=text, name=name, shown=shown
    )


# -- baselines


@bp.page("/configuration/baselines", READERS)
def compare() -> Answer:
    """Baselines, verifications, and the difference of two moments."""
    first, second = request.args.get("first", None, int), request.args.get("second", None, int)
    with site().runtime.read() as reader:
        found = baselines.every(reader)
        differences = None if first is None else baselines.diff(reader, first, second)
        verifications = configuration_import.verified(reader)
    return render_template(
        "configuration/baselines.html",
        baselines=found,
        first=first,
        second=second,
        differences=[asdict(one) for one in differences or ()],
        compared=differences is not None,
        verifications=verifications,
        edits=visit().has(MANAGERS),
    )


@bp.page("/configuration/baselines", MANAGERS, ["POST"])
def take() -> Answer:
    """Keep what every item is now."""
    label = request.form.get("label", "")
    site().runtime.run(actor(), lambda work: baselines.take(work, label), command_key())
    return redirect(url_for("configuration.compare", done="saved"), 303)
