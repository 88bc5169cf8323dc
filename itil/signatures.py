"""Approvals that need the person once more: a password beside the session (AUD-13).

A diagram says which by the property `signature` of a user task, such as `risk=high`: where that
variable has that value, whoever completes the task has to confirm who they are.
"""

from __future__ import annotations

from typing import ClassVar

from engine.bpmn.drawing import Place
from engine.errors import Forbidden
from engine.store.instances import Loaded
from engine.store.unit_of_work import UnitOfWork


class SignatureNeeded(Forbidden):
    """A task is completed only by somebody who has just confirmed who they are."""

    code: ClassVar[str] = "signature.needed"

    def __init__(self, task: str) -> None:
        self.task = task
        super().__init__(f"'{task}' has to be signed. Give your password with it.")


def guard(work: UnitOfWork, loaded: Loaded, place: Place, _person: str, act: str) -> None:
    """Refuse to complete what needs a signature without one.

    Raises:
        SignatureNeeded: as it says.
    """
    wanted = place.settings.properties.get("signature")
    if act != "complete" or wanted is None or work.actor.confirmed:
        return
    name, _, value = wanted.partition("=")
    if str(loaded.variables.get(name)) == value:
        raise SignatureNeeded(place.name or place.id)
