"""Checks of splits and joins: how many tokens can come, and so whether a join ever has all.

Every flow gets a strand. Of a strand at most one token exists at a time: a choice hands it on to
each of its ways, of which the token takes one; a split begins a strand for each way; a join of all
ways of a split is the strand before the split again. Where strands mix in another way, nothing is
said about how many tokens come (`MANY`), so that only what is certain is found. A flow changes
at most twice, so this takes steps in proportion to the flows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn.drawing import Drawing, Flow, Place
from engine.bpmn.lint.rule import Check, Known
from engine.findings import Finding, error, warning

_JOINS = ("parallelGateway", "inclusiveGateway")
_CHOICES = ("exclusiveGateway", "eventBasedGateway")

STUCK = error(
    "join.stuck",
    (
        "The join waits for ever: a token can come by '{one}' or by '{other}', never by both.",
        "汇合将永远等待:令牌要么从 '{one}' 来,要么从 '{other}' 来,不会两条都来。",
    ),
    why=(
        "A parallel gateway goes on when a token has come on each of its ways in.",
        "并行网关在每条入口都来了令牌之后才继续。",
    ),
    do=(
        "Join the ways with an exclusive gateway, or split them with a parallel one.",
        "请用排他网关汇合,或用并行网关分支。",
    ),
)
PARTIAL = warning(
    "join.partial",
    (
        "Not every way out of '{split}' need be taken, but this join waits for all of them.",
        "'{split}' 的出口不一定全部被采用,但此汇合会等待所有出口。",
    ),
    why=(
        "Where a condition does not hold, the case stands still here.",
        "只要有一个条件不成立,案例就会停在这里。",
    ),
    do=("Join them with an inclusive gateway.", "请用包容网关汇合。"),
)
TWICE = warning(
    "join.twice",
    (
        "Both '{one}' and '{other}' bring a token out of '{split}', so what follows runs twice.",
        "'{one}' 和 '{other}' 都会带来 '{split}' 的令牌,后面的内容会运行两次。",
    ),
    why=(
        "Only a join makes one token of several again.",
        "只有汇合才能把多个令牌合为一个。",
    ),
    do=(
        "Join them with a parallel gateway first.",
        "请先用并行网关汇合。",
    ),
)


@dataclass(frozen=True, slots=True)
class Strand:
    """One way out of a split, or the beginning of a scope."""

    split: str
    way: str = ""


MANY = Strand("*")
_BEGIN = Strand("")


@dataclass(slots=True)
class Strands:
    """The strand of each flow of a drawing."""

    drawing: Drawing
    flows: dict[str, Strand] = field(default_factory=dict)
    entering: dict[str, Strand] = field(default_factory=dict)  #: of the token on an element

    def follow(self) -> Strands:
        """Follow every token from the starts on, until nothing changes."""
        waiting = deque(p.id for p in self.drawing.places.values() if _begins(p))
        queued = set(waiting)
        while waiting:
            place = self.drawing.places[waiting.popleft()]
            queued.discard(place.id)
            for changed in self._passes(place):
                if changed not in queued:
                    queued.add(changed)
                    waiting.append(changed)
        return self

    def _passes(self, place: Place) -> Iterator[str]:
        """Hand a token on; the elements whose strands change by that."""
        unknown = any(flow.id not in self.flows for flow in place.incoming)
        if place.kind in _JOINS and (unknown or _never_passed(place, self.flows)):
            return  # what a join makes of its strands shows once all have come
        entered = self._entering(place)
        if self.entering.get(place.id) != entered:
            self.entering[place.id] = entered
            yield from place.boundary
        for flow in place.outgoing:
            strand = self._leaving(place, flow, entered)
            before = self.flows.get(flow.id)
            if before not in (strand, MANY):
                self.flows[flow.id] = strand if before is None else MANY
                yield flow.target

    def _entering(self, place: Place) -> Strand:
        if _begins(place):
            return _BEGIN
        if place.kind == "boundaryEvent":
            return self.entering.get(place.attached_to, MANY) if place.interrupting else MANY
        came = {self.flows[flow.id] for flow in place.incoming if flow.id in self.flows}
        if len(came) == 1:
            return came.pop()
        if place.kind in _JOINS and came and MANY not in came:
            return self._joined(place, came)
        return MANY

    def _joined(self, place: Place, came: set[Strand]) -> Strand:
        """What a join of several strands is: what its split was, if it joins the split whole."""
        splits = {strand.split for strand in came}
        split = splits.pop()
        if splits or split not in self.drawing.places:
            return Strand(place.id)
        if len(came) < len(self.drawing.places[split].outgoing):
            return Strand(place.id)
        return self.entering.get(split, MANY)

    def _leaving(self, place: Place, flow: Flow, entered: Strand) -> Strand:
        if entered == MANY or len(place.outgoing) == 1 or place.kind in _CHOICES:
            return entered
        return Strand(place.id, flow.id)


def _never_passed(place: Place, strands: Mapping[str, Strand]) -> bool:
    """Whether a parallel join would need two tokens of one strand at once."""
    if place.kind != "parallelGateway":
        return False
    certain = [strands[flow.id] for flow in place.incoming if strands[flow.id] != MANY]
    return len(set(certain)) < len(certain)


def _begins(place: Place) -> bool:
    return place.kind == "startEvent"


def joins(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A join gets a token on each way in, and two tokens meet at a join."""
    strands = Strands(drawing).follow().flows
    torn = _torn(drawing, strands)
    for place in drawing.places.values():
        seen: dict[Strand, str] = {}
        splits: dict[str, str] = {}
        if len(place.incoming) < 2:  # noqa: PLR2004 - nothing meets
            continue
        for flow in place.incoming:
            strand = strands.get(flow.id, MANY)
            if strand == MANY:
                continue
            if place.kind == "parallelGateway" and strand in seen and not torn:
                yield STUCK.at(place.id, one=seen[strand], other=flow.id)
                break
            other = splits.get(strand.split)
            if other and strand not in seen and strand.way:
                found = _meet(drawing, place, strand.split, (other, flow.id))
                if found:
                    yield found
                    break
            seen.setdefault(strand, flow.id)
            splits.setdefault(strand.split, flow.id)


def _torn(drawing: Drawing, strands: dict[str, Strand]) -> bool:
    """Whether a strand can end in one of several joins: an inclusive one may then be incomplete."""
    ends: dict[Strand, str] = {}
    for place in drawing.places.values():
        if place.kind not in _JOINS or len(place.incoming) == 1:
            continue
        came = {flow.id: strands.get(flow.id, MANY) for flow in place.incoming}
        for strand in () if _never_passed(place, came) else came.values():
            if strand.way and ends.setdefault(strand, place.id) != place.id:
                return any(other.kind == "inclusiveGateway" for other in drawing.places.values())
    return False


def _meet(drawing: Drawing, place: Place, split: str, ways: tuple[str, str]) -> Finding | None:
    """Two ways out of one split meet here."""
    always = all(not flow.condition and not flow.default for flow in drawing.places[split].outgoing)
    inclusive = drawing.places[split].kind == "inclusiveGateway"
    if place.kind == "parallelGateway":
        return PARTIAL.at(place.id, split=split) if inclusive or not always else None
    if place.kind in ("inclusiveGateway", "endEvent") or inclusive or not always:
        return None
    return TWICE.at(place.id, one=ways[0], other=ways[1], split=split)


CHECKS: tuple[Check, ...] = (joins,)
