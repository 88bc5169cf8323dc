"""Programs that call the REST API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Flask
from werkzeug.test import TestResponse

from itil import api_tokens
from tests.office import ADMIN, Office


@dataclass
class Program:
    """A program with a token."""

    app: Flask
    secret: str

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.app.test_client().get(f"/api/v1/{path}", headers=self._headers(headers))

    def post(self, path: str, body: object = None, **headers: str) -> TestResponse:
        return self.app.test_client().post(
            f"/api/v1/{path}", json=body or {}, headers=self._headers(headers)
        )

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.secret}", **named}


def program(
    office: Office, pages: Flask, grants: Mapping[str, Sequence[str]], name: str = "probe"
) -> Program:
    """A program whose token is for these objects by scope."""
    secret = api_tokens.new_secret()
    office.runtime.run(
        ADMIN, lambda work: {"token": api_tokens.make(work, name, grants, 30, secret)}
    )
    return Program(pages, secret)
