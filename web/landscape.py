"""The landscape page: which process reaches which, drawn from the diagrams that are active."""

from __future__ import annotations

from flask import render_template
from werkzeug.wrappers import Response

from engine.queries import landscape
from web.pages import Answer, Entry, Pages
from web.roles import READERS
from web.site import site
from web.visit import visit

bp = Pages("landscape", __name__, Entry("/landscape", "nav.landscape", READERS, "processes", 15))


@bp.page("/landscape", READERS)
def overview() -> Answer:
    """The processes, and every message, signal and call between them (WF-15)."""
    with site().runtime.read() as reader:
        found = landscape.now(reader, visit().language)
    return render_template("landscape.html", names=found.names, links=found.links)


@bp.page("/landscape.bpmn", READERS)
def drawing() -> Answer:
    """The same as a BPMN collaboration, for the picture and for any BPMN tool."""
    with site().runtime.read() as reader:
        found = landscape.now(reader, visit().language)
    return Response(found.picture(), mimetype="application/xml")
