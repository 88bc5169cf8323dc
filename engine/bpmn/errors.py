"""Why a token cannot be where it would be, or an instance not on another version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import Rejected


class TooManyTokens(Rejected):
    """An instance would stand at more places at once than it may."""

    code = "instance.too-many-tokens"

    def __init__(self, process_id: str, element: str, limit: int) -> None:
        super().__init__(
            f"Process '{process_id}' would have more than {limit:,} tokens at once, the last at "
            f"'{element}'. Repeat it for a shorter list. Nothing was changed.",
        )


class CannotPlace(Rejected):
    """A token was to be put on, or taken from, an element where that cannot be right."""

    code = "token.cannot-be-placed"

    def __init__(self, element: str, reason: str) -> None:
        self.element = element
        self.reason = reason
        super().__init__(f"No token can be moved at '{element}': {reason} Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why one instance cannot move to another version, at one of its elements."""

    code: str  #: key of `SENTENCES`
    element: str
    other: str = ""  #: what the sentence names beside the element

    def __str__(self) -> str:
        """The obstacle as a sentence."""
        return SENTENCES[self.code].format(element=self.element, other=self.other)


#: What each obstacle says; the pages have the same in the reader's language.
SENTENCES = {
    "gone": "'{element}' is not in that version. Say which element takes its place.",
    "kind": "'{element}' becomes '{other}', which is of another kind. Map it to one of its kind.",
    "scope": "'{element}' becomes '{other}', which is in another sub-process. "
    "Move the token there first.",
    "loop": "'{element}' is being repeated for a list, and that version repeats it differently. "
    "Wait until it is done.",
    "call": "'{element}' waits for the process '{other}', and that version calls another one.",
    "waits": "'{element}' waits for '{other}', and that version waits there for something else.",
    "gate": "The token waits behind the event-based gateway '{element}', "
    "which is not in that version.",
    "flow": "A token waits at the join '{element}', and the flow it came by is not in that "
    "version.",
    "join": "At the join '{element}' a token would wait for ever in that version.",
    "undo": "'{element}' was left to be undone, and that version cannot undo it.",
    "failed": "{other}",
}


class CannotMigrate(Rejected):
    """An instance has tokens that have no place on the other version."""

    code = "instance.cannot-migrate"

    def __init__(self, obstacles: Iterable[Obstacle]) -> None:
        self.obstacles = tuple(obstacles)
        reasons = " ".join(str(obstacle) for obstacle in self.obstacles)
        super().__init__(f"The instance stays on its version: {reasons}")
