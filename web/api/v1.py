"""The REST API for all records: read by keyset pages, written by commands, described by itself.

Every POST may carry an Idempotency-Key: sent again, the first answer comes again.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from flask import Response, jsonify, request

from engine.errors import Forbidden
from engine.store.unit_of_work import Actor, Once
from itil import api_tokens, deployments, people, resources
from web import reads
from web.api import bearer, body, openapi
from web.api.operations import OPERATIONS, Operation
from web.errors import CallInvalid
from web.pages import Answer, Pages
from web.roles import ANYBODY
from web.site import site

bp = Pages("v1", __name__)
BASE = "/api/v1"
_CASES = "cases"
#: Query parameters that are no filters.
_PAGING = ("after", "limit")


class NotGranted(Forbidden):
    """A token is not for this resource, source or person."""

    code = "token.not-granted"

    def __init__(self, wanted: str, granted: frozenset[str]) -> None:
        self.wanted, self.granted = wanted, ", ".join(sorted(granted)) or "nothing"
        super().__init__(f"This token is not for '{wanted}'. It is for: {self.granted}.")


@bp.page(f"{BASE}/openapi.json", ANYBODY)
def description() -> Answer:
    """What this API can do, as OpenAPI 3.1."""
    return jsonify(openapi.document())


@bp.call(f"{BASE}/changes/<number>/gate", "read")
def gate(number: str) -> Response:
    """Whether a change lets an artefact be deployed now (CHG-28)."""
    _granted("changes")
    with site().runtime.read() as reader:
        verdict = deployments.gate(reader, number, request.args.get("digest", ""))
    return jsonify(go=verdict.go, reasons=list(verdict.reasons))


@bp.call(f"{BASE}/<name>", "read")
def listed(name: str) -> Response:
    """Rows of a resource, by key; the header Link has the next page."""
    resources.find(name)
    _granted(name)
    asked = {key: text for key, text in request.args.items() if key not in _PAGING}
    with site().runtime.read() as reader:
        found = resources.page(reader, name, asked, request.args.get("after", ""), _limit())
        if name == _CASES:
            reads.of_rows(reader, bearer.caller().actor, found.rows)
    response = _tagged({"items": found.rows, "next": found.next})
    if found.next is not None:
        query = "&".join(f"{key}={value}" for key, value in asked.items())
        again = f"{BASE}/{name}?{query}{'&' if query else ''}after={found.next}&limit={_limit()}"
        response.headers["Link"] = f'<{again}>; rel="next"'
    return response


@bp.call(f"{BASE}/<name>/<path:key>", "read")
def one(name: str, key: str) -> Response:
    """One row of a resource."""
    resources.find(name)
    _granted(name)
    with site().runtime.read() as reader:
        row = resources.get(reader, name, key)
        if name == _CASES:
            reads.of_rows(reader, bearer.caller().actor, [row])
        return _tagged(row)


def _limit() -> int:
    text = request.args.get("limit", str(resources.PAGE))
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= resources.MOST:
        raise CallInvalid(f"'limit' has to be a whole number from 1 to {resources.MOST}.")
    return int(text)


def _granted(name: str) -> None:
    objects = bearer.caller().objects
    if name not in objects and "*" not in objects:
        raise NotGranted(name, objects)


def _tagged(content: object) -> Response:
    """An answer with its ETag; where the program has it already, nothing but that."""
    text = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
    response = Response(text, mimetype="application/json")
    response.set_etag(hashlib.sha256(text).hexdigest()[:32])
    return response.make_conditional(request)  # type: ignore[return-value]


# -- writing


def _act(operation: Operation, at: dict[str, Any]) -> Response:
    _granted(operation.object)
    sent = body.read()
    doer = _doer(operation)
    named = {name: str(value) for name, value in at.items()}
    result = site().runtime.run(doer, lambda work: operation.does(work, named, sent), _once())
    return jsonify(result)


def _doer(operation: Operation) -> Actor:
    """The program itself, or a person on whose behalf it may act, with that one's rights."""
    me = bearer.caller()
    login = request.headers.get("On-Behalf-Of", "")
    if not login:
        if operation.person:
            raise CallInvalid("Send 'On-Behalf-Of' with a login: a task is done by a person.")
        return me.actor
    with site().runtime.read() as reader:
        granted = api_tokens.behalf(reader, me.token)
        if login not in granted:
            raise NotGranted(f"person {login}", granted)
        people.by_login(reader, login)
        found = people.actor(reader, login, "api", request.remote_addr)
    return Actor(found.name, found.roles, found.groups, "api", me.actor.name, request.remote_addr)


def _once() -> Once | None:
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return None
    if len(key) > 200 or not key.isprintable():  # noqa: PLR2004 - a key, no text
        raise CallInvalid("'Idempotency-Key' has to be 1 to 200 printable characters.")
    digest = hashlib.sha256(request.get_data()).hexdigest()[:16]
    return Once(key, f"POST {request.path}", digest)


def _route(operation: Operation) -> None:
    rule = operation.path.replace("{task}", "<int(max=9007199254740991):task>")
    rule = rule.replace("{number}", "<number>")
    name = operation.path.strip("/").replace("/", "_").replace("{", "").replace("}", "")

    def view(**at: Any) -> Response:  # noqa: ANN401 - what stands in the path
        return _act(operation, at)

    view.__name__ = f"do_{name}".replace("-", "_")
    view.__doc__ = operation.about
    bp.call(f"{BASE}{rule}", operation.scope, ["POST"])(view)


for _operation in OPERATIONS:
    _route(_operation)
