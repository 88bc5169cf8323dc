"""A page family: a blueprint in which every page says who may open it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from engine.store.unit_of_work import Reader
from itil.cases import Case

Answer: TypeAlias = "str | Response | tuple[str, int]"
View = TypeVar("View", bound=Callable[..., Answer])
#: What a family adds to the page of a case: values for its template, or None for nothing.
PanelView: TypeAlias = Callable[[Reader, Case], "Mapping[str, object] | None"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A place of the menu: groups by their order, in a group by rank; the key names its text."""

    path: str
    key: str
    roles: frozenset[str]
    group: str  #: of GROUPS
    rank: int = 50


#: Groups of the menu, in its order.
GROUPS = ("work", "records", "processes", "control")


def address(endpoint: str, query: Mapping[str, str]) -> str:
    """The path of a page with its filters; empty ones are left out."""
    filters = {name: value for name, value in query.items() if value}
    return f"{url_for(endpoint)}?{urlencode(filters)}" if filters else url_for(endpoint)


class Pages(Blueprint):
    """A blueprint that keeps the roles of each of its pages, and the scope of each call."""

    def __init__(self, name: str, module: str, *entries: Entry) -> None:
        super().__init__(name, module)
        self.entries = entries
        self.panels: list[tuple[str, PanelView]] = []  #: template and view, on the page of a case
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

    def panel(self, template: str) -> Callable[[PanelView], PanelView]:
        """Show a template on the page of a case, with what the view answers for it as `it`."""

        def register(view: PanelView) -> PanelView:
            self.panels.append((template, view))
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
