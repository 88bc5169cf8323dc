"""The description of the REST API as OpenAPI 3.1, from the resources and operations themselves."""

from __future__ import annotations

import re
from typing import Any

from itil import resources
from itil.resources import RESOURCES
from web.api.operations import OPERATIONS, Operation

PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
    "required": ["title", "status", "detail"],
}
#: What any call may answer beside success.
_ERRORS = {
    "400": "A field or header has the wrong shape.",
    "401": "No token, or one that is unknown, expired or revoked.",
    "403": "The token, or the person behind the call, may not.",
    "404": "There is nothing with this key.",
    "405": "This path takes another method.",
    "409": "Somebody was faster, or the case is not at that point.",
    "413": "What was sent is too large.",
    "422": "What was sent cannot be; `detail` names the field.",
    "429": "Too many wrong tokens came from this address.",
}


def document() -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, Any] = {"/api/v1/changes/{number}/gate": {"get": _gate()}}
    for name in RESOURCES:
        paths[f"/api/v1/{name}"] = {"get": _list(name)}
        paths[f"/api/v1/{name}/{{key}}"] = {"get": _one(name)}
    for operation in OPERATIONS:
        paths.setdefault(f"/api/v1{operation.path}", {})["post"] = _post(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Signalbox",
            "version": "1",
            "description": "Records of every process, and what programs may do.",
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": PROBLEM},
        },
        "security": [{"token": []}],
    }


def _answers(schema: dict[str, Any], extra: dict[str, str] | None = None) -> dict[str, Any]:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    errors = {
        status: {"description": text, "content": {"application/problem+json": problem}}
        for status, text in _ERRORS.items()
    }
    plain = {status: {"description": text} for status, text in (extra or {}).items()}
    good = {"description": "As asked.", "content": {"application/json": {"schema": schema}}}
    return {"200": good, **plain, **errors}


def _parameter(name: str, place: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": about,
        "schema": schema,
    }


def _list(name: str) -> dict[str, Any]:
    resource = RESOURCES[name]
    row = resources.schema(resource.columns)
    limit = {"type": "integer", "minimum": 1, "maximum": resources.MOST}
    parameters = [
        _parameter("after", "query", "Key to go on from.", {"type": "string"}),
        _parameter("limit", "query", "Rows on a page.", limit),
        *(
            _parameter(
                column, "query", f"Only rows with this {column}.", resources.asked(resource, column)
            )
            for column in resource.filters
        ),
    ]
    page = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": row},
            "next": {"type": ["string", "null"]},
        },
        "required": ["items", "next"],
    }
    return {
        "operationId": f"list-{name}",
        "summary": resource.about,
        "parameters": parameters,
        "responses": _answers(page, {"304": "You have it already."}),
    }


def _one(name: str) -> dict[str, Any]:
    resource = RESOURCES[name]
    key = _parameter("key", "path", f"Its {resource.key}.", {"type": "string", "minLength": 1})
    return {
        "operationId": f"get-{name}",
        "summary": f"One of: {resource.about}",
        "parameters": [key],
        "responses": _answers(resources.schema(resource.columns), {"304": "You have it already."}),
    }


def _gate() -> dict[str, Any]:
    answer = {
        "type": "object",
        "properties": {
            "go": {"type": "boolean"},
            "reasons": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["go", "reasons"],
    }
    return {
        "operationId": "gate",
        "summary": "Whether a change lets an artefact be deployed now.",
        "parameters": [
            _parameter("number", "path", "Of the change.", {"type": "string", "minLength": 1}),
            _parameter("digest", "query", "SHA-256 of the artefact.", {"type": "string"}),
        ],
        "responses": _answers(answer),
    }


def _post(operation: Operation) -> dict[str, Any]:
    kinds = {
        "task": {"type": "integer", "minimum": 1},
        "number": {"type": "string", "minLength": 1},
    }
    parameters = [
        _parameter(name, "path", f"The {name}.", kinds[name])
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    parameters.append(
        _parameter("Idempotency-Key", "header", "Makes it work once.", {"type": "string"})
    )
    if operation.person:
        parameters.append(
            _parameter("On-Behalf-Of", "header", "Login of the person.", {"type": "string"})
        )
    schema: dict[str, Any] = {"type": "object", "properties": dict(operation.fields)}
    if operation.required:
        schema["required"] = list(operation.required)
    name = re.sub(r"[{}]", "", operation.path.strip("/")).replace("/", "-")
    return {
        "operationId": f"post-{name}",
        "summary": operation.about,
        "parameters": parameters,
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": _answers({"type": "object"}),
    }
