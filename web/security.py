"""What every answer carries and every change must bring: headers and CSRF tokens.

A CSRF token is a digest of the session token, which only the browser that signed in has; so it
needs no store and ends with the session. Browsers that say where a request comes from are held
to it as well.
"""

from __future__ import annotations

import hashlib
import hmac

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from web.errors import FormExpired
from web.visit import visit

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def csrf_token() -> str:
    """The token that every form of this session carries, as hex."""
    return hashlib.sha256(b"csrf:" + visit().token.encode()).hexdigest()


def check_origin() -> None:
    """Refuse a change that does not come from our own page and session.

    Raises:
        FormExpired: the token is missing or of another session, or another site sent the form.
    """
    if request.method in SAFE:
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise FormExpired
    sent = request.form.get("csrf", "") or request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(sent.encode(), csrf_token().encode()):
        raise FormExpired


def look_past(app: Flask, *, proxies: int) -> None:
    """Take address and protocol of a request from what the trusted proxies in front say of it.

    Each appends the address it was asked from, so of a list only so many from its end are true: a
    client can begin it with whatever it likes.
    """
    if proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)
        app.wsgi_app = proxied  # type: ignore[method-assign]


def protect(app: Flask, *, by_https: bool) -> None:
    """Add the headers to every answer; pages with data are never kept by a cache."""
    headers = {**HEADERS, "Strict-Transport-Security": "max-age=31536000"} if by_https else HEADERS

    @app.after_request
    def seal(response: Response) -> Response:
        response.headers.extend(headers)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        elif "/dist/" in request.path or "v" in request.args:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
