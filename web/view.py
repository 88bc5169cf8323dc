"""What templates can call: texts, times, tokens, assets; all for the present visit."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from flask import Flask, request
from markupsafe import Markup, escape

from web.bundle import Island
from web.due import chip
from web.home import menu
from web.markup import prose
from web.posted import local_input
from web.security import csrf_token
from web.site import site
from web.trail import action, elements, given, moves, reasons, rulings
from web.visit import visit
from web.wording import fault, find, sentence, span, text


def equip(app: Flask) -> None:
    """Give the templates their functions."""
    app.jinja_env.globals.update(
        action=action,
        due=chip,
        elements=elements,
        fault=fault,
        find=find,
        given=given,
        here=lambda: request.full_path.rstrip("?"),
        hidden=hidden,
        island=island,
        menu=menu,
        moves=moves,
        notice=notice,
        now=now,
        reasons=reasons,
        rulings=rulings,
        sentence=sentence,
        settings=lambda: site().settings,
        stylesheet=lambda: site().bundle.stylesheet,
        t=text,
        visit=visit,
    )
    app.jinja_env.filters.update(
        local_input=local_input,
        moment=datetime.fromisoformat,
        prose=prose,
        span=span,
        when=when,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def now() -> datetime:
    """The present moment, UTC."""
    return site().runtime.clock.now()


def island(name: str) -> Island | None:
    """The built island of a name, or None where the bundle was not built."""
    return site().bundle.island(name)


def notice() -> str | None:
    """What was just done, as the address says it; only sentences that we know."""
    done = request.args.get("done", "")
    return find(f"done.{done}") if done else None


def hidden(key: str | None = None) -> Markup:
    """The hidden fields of a form that changes something: CSRF token and idempotency key."""
    csrf, value = csrf_token(), escape(key) if key else secrets.token_urlsafe(12)
    fields = f'<input type="hidden" name="csrf" value="{csrf}">'
    return Markup(f'{fields}<input type="hidden" name="key" value="{value}">')  # noqa: S704 - escaped


def when(moment: datetime | None, style: str = "short") -> Markup:
    """A moment in the reader's zone; the machine-readable value is UTC.

    `style`: `short` (the year only where it is another), `exact` (with seconds) or `time`.
    """
    if moment is None:
        return Markup("")
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    local = aware.astimezone(visit().zone)
    years_differ = local.year != now().year
    pattern = text(f"date.{'long' if style == 'short' and years_differ else style}")
    shown = pattern.format(d=local, month=text(f"month.{local.month}"))
    machine, exact = f"{aware.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", f"{local:%Y-%m-%d %H:%M:%S %Z}"
    tag = f'<time datetime="{machine}" title="{exact}">{escape(shown)}</time>'
    return Markup(tag)  # noqa: S704 - digits, and a text that was escaped
