"""What every request can reach: the runtime, the settings, and who may open which page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from flask import current_app

from engine.store.unit_of_work import Runtime
from web.bundle import Bundle
from web.pages import Entry, PanelView
from web.words import Words


@dataclass(frozen=True, slots=True)
class Settings:
    """How the pages behave on this machine; app.py fills it from the environment."""

    demo: bool = False  #: lists the demo people on the sign-in page
    trusted_proxies: int = 0  #: how many proxies stand in front
    secure_cookies: bool = False  #: True wherever the pages are served by HTTPS
    zone: str = "UTC"  #: IANA time zone of people who set none
    version: str = ""
    waiting: int = 4  #: workers that may wait for jobs at once, each on a thread of the server
    largest_request: int = 2_000_000  #: bytes; a diagram upload is the largest thing sent
    heartbeat: Callable[[], datetime | None] | None = None  #: last beat of the scheduler, UTC
    second_factor_roles: frozenset[str] = frozenset()  #: who may do nothing without one
    demo_people: tuple[tuple[str, str], ...] = ()  #: login and password, shown in the demo only


@dataclass(frozen=True, slots=True)
class Site:
    """The parts that `web.build` put together."""

    runtime: Runtime
    settings: Settings
    words: Mapping[str, Words]  #: by language
    bundle: Bundle
    #: endpoint -> roles that may open it; the empty set means everybody
    audience: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: endpoint of a call of programs -> the scope that their token has to have
    scopes: Mapping[str, str] = field(default_factory=dict)
    menu: tuple[Entry, ...] = ()  #: in the order of the menu
    panels: tuple[tuple[str, PanelView], ...] = ()  #: template and view, on the page of a case
    waiting_room: threading.Semaphore = field(default_factory=threading.Semaphore)


def site() -> Site:
    """The site that answers the present request."""
    return cast(Site, current_app.extensions["signalbox"])
