"""A page family: a blueprint in which every page says who may open it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

Answer: TypeAlias = "str | Response | tuple[str, int]"
View = TypeVar("View", bound=Callable[..., Answer])


def address(endpoint: str, query: Mapping[str, str]) -> str:
    """The path of a page with its filters; empty ones are left out."""
    filters = {name: value for name, value in query.items() if value}
    return f"{url_for(endpoint)}?{urlencode(filters)}" if filters else url_for(endpoint)


class Pages(Blueprint):
    """A blueprint that keeps the roles of each of its pages, and the scope of each call."""

    def __init__(self, name: str, module: str) -> None:
        super().__init__(name, module)
        self.audience: dict[str, frozenset[str]] = {}
        self.scopes: dict[str, str] = {}  #: of the calls of programs

    def page(
        self,
        rule: str,
        roles: frozenset[str],
        methods: Sequence[str] = ("GET",),
    ) -> Callable[[View], View]:
        """Answer a path for people who have one of `roles`; the empty set needs no sign-in."""

        def register(view: View) -> View:
            self.audience[f"{self.name}.{view.__name__}"] = roles
            self.add_url_rule(rule, view.__name__, view, methods=list(methods))
            return view

        return register

    def call(
        self, rule: str, scope: str, methods: Sequence[str] = ("GET",)
    ) -> Callable[[View], View]:
        """Answer a path for programs whose token is for a scope; no page, no cookie, no form."""

        def register(view: View) -> View:
            self.scopes[f"{self.name}.{view.__name__}"] = scope
            self.add_url_rule(rule, view.__name__, view, methods=list(methods))
            return view

        return register
