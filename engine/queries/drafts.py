"""Drafts, for reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.bpmn.foreign import pools
from engine.bpmn.foreign.pools import Origin, Pool
from engine.store import drafts
from engine.store.drafts import Draft, Entry
from engine.store.unit_of_work import Reader

__all__ = ["Anatomy", "Draft", "Entry", "Origin", "Pool", "anatomy", "every", "get"]


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What the files of a draft are made of."""

    pools: tuple[Pool, ...]
    lanes: tuple[str, ...]
    origins: Mapping[str, Origin]  #: element id -> where it stands in the original
    names: Mapping[str, str]  #: element id -> its name now


def get(reader: Reader, draft_id: int) -> Draft:
    """A draft.

    Raises:
        DraftNotFound: there is none.
    """
    return drafts.load(reader.connection, draft_id)


def every(reader: Reader) -> list[Entry]:
    """Every draft without its files, the one changed last first."""
    return drafts.every(reader.connection)


def anatomy(draft: Draft) -> Anatomy:
    """What the files of a draft are made of; lines are those of the file as uploaded."""
    current = pools.origins(draft.source, draft.file)
    return Anatomy(
        pools=tuple(pools.pools(draft.source, draft.file)),
        lanes=tuple(pools.lanes(draft.source, draft.file)),
        origins=pools.origins(draft.original, draft.file),
        names={element: found.name for element, found in current.items() if found.name},
    )
