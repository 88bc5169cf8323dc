"""What can be seen of a set of instances from outside; two sides that run alike show the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

#: The business key of the first instance, and so of all that it calls.
KEY = "K-1"

Task = tuple[str, tuple[tuple[str, object], ...]]  #: element, variables of its own and around
Wait = tuple[str, str, str, str | None, datetime | None]  #: kind, element, name, key, due


@dataclass(frozen=True, init=False)
class Seen:
    """One instance; tasks and waits in an order that does not tell which came first."""

    status: str
    tasks: tuple[Task, ...]
    waits: tuple[Wait, ...]
    variables: Mapping[str, object]

    def __init__(
        self,
        status: str,
        tasks: Iterable[Task],
        waits: Iterable[Wait],
        variables: Mapping[str, object],
    ) -> None:
        active = status == "active"
        object.__setattr__(self, "status", status)
        object.__setattr__(self, "tasks", tuple(sorted(tasks, key=str)) if active else ())
        object.__setattr__(self, "waits", tuple(sorted(waits, key=str)) if active else ())
        object.__setattr__(self, "variables", dict(variables))


#: Instances by the path of those that called them: `p`, `p/q1#0`.
Sight = Mapping[str, Seen]


def difference(expected: Sight, got: Sight) -> str:
    """Where two sides differ, instance by instance; empty where they do not."""
    lines = []
    for name in sorted({*expected, *got}):
        one, other = expected.get(name), got.get(name)
        if one is None or other is None:
            lines.append(f"{name}: expected {one}, got {other}")
            continue
        for field in ("status", "tasks", "waits", "variables"):
            left, right = getattr(one, field), getattr(other, field)
            if left != right:
                lines.append(f"{name} {field}: expected {left}, got {right}")
    return "\n".join(lines)
