"""Service-task handlers, a module a process or subject; found by looking into this folder."""

from __future__ import annotations

import importlib
import pkgutil

from engine.topics import Topics


def load() -> Topics:
    """The handlers of every module in this folder.

    Raises:
        ValueError: two modules register the same type.
        TypeError: a module has no `topics`.
    """
    found = Topics()
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        topics = vars(importlib.import_module(f"{__name__}.{module.name}")).get("topics")
        if not isinstance(topics, Topics):
            raise TypeError(
                f"handlers/{module.name}.py has no `topics = Topics()`. Add it, or move the "
                "module out of this folder.",
            )
        found.include(topics)
    return found
