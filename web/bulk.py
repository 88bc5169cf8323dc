"""Change many cases of the list at once (INC-27)."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from flask import render_template, request

from engine.errors import EngineError
from itil import bulk, cases, people
from web.names import group_names
from web.pages import Answer, Pages
from web.roles import STAFF
from web.site import site
from web.visit import actor, command_key, visit
from web.wording import sentence

bp = Pages("bulk", __name__)


class Result(NamedTuple):
    """What became of one case."""

    number: str
    summary: str
    refused: str  #: empty where it was done


@bp.page("/cases/bulk", STAFF)
def choose() -> Answer:
    """What to do with the cases that were ticked."""
    numbers = request.args.getlist("number")[: bulk.MOST]
    return _page(numbers, [])


@bp.page("/cases/bulk", STAFF, ["POST"])
def change() -> Answer:
    """Do it to each; a case that refuses it leaves the others."""
    numbers = list(dict.fromkeys(request.form.getlist("number")))
    if not numbers or len(numbers) > bulk.MOST:
        raise bulk.BulkInvalid(f"Tick 1 to {bulk.MOST} cases of the list.")
    refused = {number: _one(number) for number in numbers}
    return _page([n for n, why in refused.items() if why], list(refused.items()))


def _one(number: str) -> str:
    """Change one case; answers why it refuses, or nothing."""
    action, typed = request.form.get("action", ""), request.form.to_dict()
    sent = command_key()
    once = replace(sent, key=f"{sent.key}:{number}")
    try:
        site().runtime.run(actor(), lambda work: bulk.change(work, number, action, typed), once)
    except EngineError as refusal:
        return sentence(refusal)
    return ""


def _page(left: list[str], done: list[tuple[str, str]]) -> str:
    with site().runtime.read() as reader:
        known = cases.by_numbers(reader, [*left, *(number for number, _ in done)])
        results = [
            Result(number, known[number].summary if number in known else "", why)
            for number, why in done
        ]
        return render_template(
            "bulk.html",
            chosen=[known[number] for number in left if number in known],
            results=results,
            staff=people.staff_choices(reader.connection),
            groups=group_names(reader),
            codes=bulk.codes(reader, visit().language),
            actions=bulk.ACTIONS,
            typed=request.form,
        )
