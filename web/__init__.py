"""The web pages, a module a page family.

`build` finds every module that has a blueprint `bp`; a new page is one module and one template.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Iterator

from flask import Flask

import web
from engine.store.unit_of_work import Runtime
from web import auth, bundle, errors, reads, security, view, words
from web.pages import GROUPS, Pages
from web.site import Settings, Site

__all__ = ["Settings", "build"]


def build(runtime: Runtime, settings: Settings) -> Flask:
    """The WSGI application over a runtime."""
    app = Flask("web")
    app.config["MAX_CONTENT_LENGTH"] = settings.largest_request
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.largest_request
    app.config["TEMPLATES_AUTO_RELOAD"] = False
    families = list(_families())
    for family in families:
        app.register_blueprint(family)
    scopes = {call: scope for family in families for call, scope in family.scopes.items()}
    entries = [entry for family in families for entry in family.entries]
    audience = {page: roles for family in families for page, roles in family.audience.items()}
    app.extensions["signalbox"] = Site(
        runtime=runtime,
        settings=settings,
        words=words.load(),
        bundle=bundle.load(),
        audience=audience,
        scopes=scopes,
        menu=tuple(sorted(entries, key=lambda e: (GROUPS.index(e.group), e.rank, e.path))),
        panels=tuple(panel for family in families for panel in family.panels),
        waiting_room=threading.Semaphore(settings.waiting),
    )
    security.look_past(app, proxies=settings.trusted_proxies)
    auth.receive(app)
    security.protect(app, by_https=settings.secure_cookies)
    errors.answer_errors(app)
    reads.keep(app)
    view.equip(app)
    return app


def _families() -> Iterator[Pages]:
    for found in pkgutil.walk_packages(web.__path__, "web."):
        pages = getattr(importlib.import_module(found.name), "bp", None)
        if isinstance(pages, Pages):
            yield pages
