"""Items of the service catalogue for whoever answers for it: written and published on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import redirect, render_template, request, url_for

from engine.errors import Rejected
from engine.queries import definitions
from engine.store.unit_of_work import Reader
from itil import catalogue, catalogue_publishing, people
from itil.roles import ROLES
from web.names import group_names
from web.pages import Answer, Entry, Pages
from web.roles import OWNERS
from web.site import site
from web.visit import actor, command_key, visit
from web.wording import sentence

bp = Pages(
    "catalogue_items",
    __name__,
    Entry("/catalogue-items", "nav.catalogue-items", OWNERS, "processes", 25),
)
#: Fields of a step as the page sends them, each once for every step.
_STEP = (
    *("key", "name_en", "name_zh", "group", "instructions_en", "instructions_zh"),
    *("after", "hours", "joins"),
)
_PART = ("item", "after")
#: Empty steps and parts that a form has below those that are written.
_SPARE = 2


@bp.page("/catalogue-items", OWNERS)
def overview() -> Answer:
    """Every item with its version, also those that are not on offer now."""
    with site().runtime.read() as reader:
        items = catalogue.every(reader)
        versions = {row.key: row for row in definitions.active(reader, catalogue.KIND)}
        names = people.names(reader, {row.author for row in versions.values()})
        now = reader.now
    return render_template(
        "catalogue_items.html", items=items, versions=versions, names=names, now=now
    )


@bp.page("/catalogue-items/new", OWNERS)
def blank() -> Answer:
    """An empty item, or with `like` one to begin from."""
    like = request.args.get("like", "")
    with site().runtime.read() as reader:
        meant = dict(catalogue_publishing.written(reader, like)) if like else {}
        return _page(reader, {**meant, "key": ""})


@bp.page("/catalogue-items/<key>", OWNERS)
def item(key: str) -> Answer:
    """One item to change, and its versions."""
    with site().runtime.read() as reader:
        return _page(reader, catalogue_publishing.written(reader, key), key)


@bp.page("/catalogue-items", OWNERS, ["POST"])
def publish() -> Answer:
    """Publish what was written, or show it again with what is wrong (REQ-01)."""
    meant = _meant()
    reason = request.form.get("reason", "")
    try:
        site().runtime.run(
            actor(), lambda work: catalogue_publishing.publish(work, meant, reason), command_key()
        )
    except Rejected as refused:
        with site().runtime.read() as reader:
            return _page(reader, meant, request.form.get("was", ""), sentence(refused)), 422
    return redirect(url_for("catalogue_items.item", key=meant["key"], done="published"), 303)


def _meant() -> Mapping[str, Any]:
    """The document that the form means."""
    sent = request.form
    # Hours alone are what an empty step begins with.
    steps = [
        row
        for row in _rows("step", _STEP)
        if any(value.strip() for name, value in row.items() if name != "hours")
    ]
    # `key` is the idempotency key of every form.
    typed = {**sent.to_dict(), "key": sent.get("item", "")}
    entitled = sent.getlist("entitled")
    return catalogue_publishing.document(typed, entitled, steps, _rows("part", _PART))


def _rows(name: str, fields: Sequence[str]) -> list[dict[str, str]]:
    """What was sent for steps or parts, each field once for every one of them."""
    most = catalogue.MOST_TASKS + 1
    columns = [request.form.getlist(f"{name}.{field}")[:most] for field in fields]
    return [dict(zip(fields, row, strict=True)) for row in zip(*columns, strict=False)]


def _page(reader: Reader, meant: Mapping[str, Any], was: str = "", refused: str = "") -> str:
    items = catalogue.every(reader)
    history = definitions.history(reader, catalogue.KIND, was) if was else []
    groups = group_names(reader)
    return render_template(
        "catalogue_item_edit.html",
        item=meant,
        steps=[*meant.get("steps", ()), *({} for _ in range(_SPARE))],
        parts=[*map(_part, meant.get("bundle", ())), *({} for _ in range(_SPARE))],
        was=was,
        refused=refused,
        reason=request.form.get("reason", ""),
        history=history,
        names=people.names(reader, {row.author for row in history}),
        approvals=catalogue.APPROVALS,
        groups=groups,
        holders=[
            *(f"role:{role}" for role in sorted(ROLES)),
            *(f"{kind}:{key}" for kind in ("group", "cost-centre") for key in groups),
        ],
        forms=definitions.keys(reader, "form"),
        others=[one for one in items if one.key != was],
        categories=catalogue_publishing.categories(items),
        language=visit().language,
    )


def _part(one: object) -> object:
    """A part of a bundle as an object; a document may write its key alone."""
    return {"item": one} if isinstance(one, str) else one
