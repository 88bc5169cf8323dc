"""What is said about each change that makes a drawing executable: a sentence, and what to do."""

from __future__ import annotations

from collections.abc import Mapping

#: Kind of the change -> the sentence with its values in braces, and the advice.
CHANGES: Mapping[str, tuple[str, str]] = {
    "by-hand": (
        "It was a {kind} and is now a user task, which people do by hand.",
        "Make it a service task again once a handler does the work.",
    ),
    "group": (
        "It names nobody; the group '{group}' does it.",
        "Name another group or a person where that is wrong.",
    ),
    "lane": (
        "It stands in the lane '{lane}'; the group '{group}' does it.",
        "Name another group or a person where that is wrong.",
    ),
    "form": (
        "The form '{form}' does not exist and was left out.",
        "Draw it in the form editor and name it here again.",
    ),
    "message": (
        "It waits for '{message}', which the group '{group}' may send from the case's page.",
        "Remove the property 'offeredTo' once another system sends it.",
    ),
    "choice": (
        "It did not say when to take which way; the task '{task}' now asks: {ways}.",
        "Write conditions instead where something else decides.",
    ),
    "default": (
        "It has no condition; it is now taken where no other one holds.",
        "Write a condition where that is wrong.",
    ),
    "asking": (
        "This user task was added before '{element}', to ask which way to go.",
        "Remove it once something else decides.",
    ),
    "variable": (
        "Nothing sets {variables}; the task '{task}' now asks for it.",
        "Let a handler or a decision table set it instead, where one can.",
    ),
    "start": (
        "A start event was added before {elements}.",
        "Draw another beginning where that is wrong.",
    ),
    "end": (
        "An end event was added behind '{element}'.",
        "Draw what follows where something does.",
    ),
    "alone": (
        "No flow connects {kind} '{name}' with anything, so it was left out.",
        "Draw it again where it belongs.",
    ),
}
