"""Whether this node can work: for load balancers, monitors and people in a hurry."""

from __future__ import annotations

from flask import jsonify
from werkzeug.wrappers import Response

from engine.queries import definitions
from web.pages import Pages
from web.roles import ANYBODY
from web.site import site

bp = Pages("health", __name__)

#: Seconds after which a scheduler that did not beat counts as stopped.
STALE = 120


@bp.page("/healthz", ANYBODY)
def healthz() -> Response:
    """Database, scheduler and version as JSON; 503 where one of them does not answer."""
    state = site()
    checks: dict[str, object] = {"version": state.settings.version}
    with state.runtime.read() as reader:
        now = reader.now
        checks["database"] = "ok"
        checks["processes"] = len(definitions.active(reader, "process"))
    healthy = True
    if state.settings.heartbeat is not None:
        beat = state.settings.heartbeat()
        healthy = beat is not None and (now - beat).total_seconds() < STALE
        checks["scheduler"] = "ok" if healthy else "stopped"
        checks["heartbeat"] = beat.isoformat() if beat else None
    response = jsonify({"status": "ok" if healthy else "failing", **checks})
    response.status_code = 200 if healthy else 503
    return response
