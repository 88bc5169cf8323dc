"""Errors of the pages, and how every error becomes an answer.

The base class of an engine error says the status; the sentence is shown as it is. Anything
unforeseen is logged with its trace and shown as one plain sentence with a reference.
"""

from __future__ import annotations

import logging
import secrets
from typing import ClassVar

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from engine.errors import (
    Conflict,
    EngineError,
    Forbidden,
    NotFound,
    Rejected,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from web.pages import Answer

STATUS: tuple[tuple[type[EngineError], int], ...] = (
    (Unauthenticated, 401),
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Rejected, 422),
    (Throttled, 429),
    (Unavailable, 503),
)
#: Paths that are for programs alone.
PROGRAMS = ("/api/", "/v2/")
log = logging.getLogger("signalbox.web")


class FormExpired(Forbidden):
    """A form was sent without the token of this session."""

    code = "web.form-expired"

    def __init__(self) -> None:
        super().__init__(
            "This form belongs to an earlier session. Go back, reload the page and send it again; "
            "nothing was changed.",
        )


class PageForbidden(Forbidden):
    """The page is for other roles."""

    code = "web.page-forbidden"

    def __init__(self, path: str, roles: frozenset[str]) -> None:
        self.path = path
        self.roles = ", ".join(sorted(roles))
        super().__init__(
            f"'{path}' is for: {self.roles}. Ask an admin for the role if you need the page.",
        )


class PageError(EngineError):
    """An error of HTTP itself, such as a path that does not exist."""

    code: ClassVar[str] = "web.http"

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


class CallInvalid(PageError):
    """A program sends what a call of the REST API cannot be."""

    code = "web.call-invalid"

    def __init__(self, sentence: str) -> None:
        super().__init__(400, sentence)


SENTENCES = {
    400: "The request could not be read. Reload the page and try again; nothing was changed.",
    404: "There is no such page. Check the address, or start from your work list.",
    405: "This address does not take what was sent. Go back and use the buttons of the page.",
    413: "What was sent is too large, so nothing was changed. Send a smaller file.",
}


def answer_errors(app: Flask) -> None:
    """Answer every error with a page for people, or problem JSON for programs."""
    app.register_error_handler(EngineError, answer)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _failure)


def status_of(error: EngineError) -> int:
    """The HTTP status of an engine error, by its base class."""
    if isinstance(error, PageError):
        return error.status
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def _http_error(error: HTTPException) -> Answer:
    status = error.code or 500
    sentence = SENTENCES.get(status, error.description or "The request was refused.")
    return _answer(PageError(status, sentence), status, "")


def _failure(error: Exception) -> Answer:
    reference = secrets.token_hex(4)
    log.error("failure %s at %s", reference, request.path, exc_info=error)
    sentence = f"Something failed here; nothing was changed. Tell an admin reference {reference}."
    return _answer(PageError(500, sentence), 500, reference)


def answer(error: EngineError) -> Answer:
    """The answer to an error that is found out after a page was made."""
    return _answer(error, status_of(error), "")


def _answer(error: EngineError, status: int, reference: str) -> Answer:
    if wants_json():
        return _problem(error, status)
    return render_template("error.html", error=error, status=status, reference=reference), status


def wants_json() -> bool:
    """Whether a program asks, not a browser that shows pages."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.path.startswith(PROGRAMS) or best == "application/json"


def _problem(error: EngineError, status: int) -> Response:
    """An error as problem details (RFC 9457)."""
    body: dict[str, object] = {
        "type": f"about:blank#{error.code}",
        "title": error.code,
        "status": status,
        "detail": str(error),
        "instance": request.path,
    }
    if isinstance(error, Rejected) and error.findings:
        body["findings"] = [
            {"rule": f.rule, "severity": f.severity, "element": f.element, "message": str(f)}
            for f in error.findings
        ]
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
