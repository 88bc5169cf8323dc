"""Checks of splits and joins: how many tokens can come, and so whether a join ever has all.

Every flow gets a strand. Of a strand at most one token exists at a time: a choice hands it on to
each of its ways, of which the token takes one; a split begins a strand for each way; a join of all
ways of a split is the strand before the split again. Where strands mix in another way, nothing is
said about how many tokens come (`MANY`), so that only what is certain is found. A flow changes
at most twice, so this takes steps in proportion to the flows.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from engine.bpmn.drawing import Drawing, Flow, Place
from engine.bpmn.lint.rule import Check, Known
from engine.findings import Finding, Rule, error, warning

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
class Arrivals:
    """Which strands come into an element, and on how many of its flows each."""

    missing: int  #: flows whose strand is not known yet
    strands: Counter[Strand] = field(default_factory=Counter)
    doubled: int = 0  #: strands, `MANY` aside, that come on more than one flow

    def add(self, strand: Strand, by: int) -> None:
        """One flow more, or less, brings this strand."""
        before = self.strands[strand] > 1
        self.strands[strand] += by
        if not self.strands[strand]:
            del self.strands[strand]
        if strand != MANY:
            self.doubled += (self.strands[strand] > 1) - before


@dataclass(slots=True)
class Strands:
    """The strand of each flow of a drawing."""

    drawing: Drawing
    flows: dict[str, Strand] = field(default_factory=dict)
    entering: dict[str, Strand] = field(default_factory=dict)  #: of the token on an element
    arrivals: dict[str, Arrivals] = field(default_factory=dict)

    def follow(self) -> Strands:
        """Follow every token from the starts on, until nothing changes."""
        places = self.drawing.places
        self.arrivals = {name: Arrivals(len(place.incoming)) for name, place in places.items()}
        waiting = deque(place.id for place in places.values() if _begins(place))
        queued = set(waiting)
        while waiting:
            name = waiting.popleft()
            queued.discard(name)
            changed = [one for one in self._passes(places[name]) if one not in queued]
            waiting.extend(dict.fromkeys(changed))
            queued.update(changed)
        return self

    def _passes(self, place: Place) -> Iterator[str]:
        """Hand a token on; the elements whose strands change by that."""
        entered = self._entering(place)
        if entered is None or self.entering.get(place.id) in (entered, MANY):
            return
        self.entering[place.id] = entered
        yield from place.boundary
        for flow in place.outgoing:
            strand = self._leaving(place, flow, entered)
            before = self.flows.get(flow.id)
            if before not in (strand, MANY):
                self._set(flow, before, strand if before is None else MANY)
                yield flow.target

    def _set(self, flow: Flow, before: Strand | None, strand: Strand) -> None:
        self.flows[flow.id] = strand
        arrivals = self.arrivals[flow.target]
        arrivals.add(strand, 1)
        if before is None:
            arrivals.missing -= 1
        else:
            arrivals.add(before, -1)

    def _entering(self, place: Place) -> Strand | None:
        """The strand of a token on an element; None where none comes, as far as is known."""
        if _begins(place):
            return _BEGIN
        if place.kind == "boundaryEvent":
            return self.entering.get(place.attached_to) if place.interrupting else MANY
        arrivals = self.arrivals[place.id]
        if place.kind in _JOINS and (arrivals.missing or self.never_passed(place)):
            return None  # what a join makes of its strands shows once all have come
        if len(arrivals.strands) == 1:
            return next(iter(arrivals.strands))
        if place.kind in _JOINS and MANY not in arrivals.strands:
            return self._joined(place, arrivals.strands)
        return MANY

    def never_passed(self, place: Place) -> bool:
        """Whether a parallel join would need two tokens of one strand at once."""
        return place.kind == "parallelGateway" and self.arrivals[place.id].doubled > 0

    def _joined(self, place: Place, came: Collection[Strand]) -> Strand:
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


def _begins(place: Place) -> bool:
    return place.kind == "startEvent"


def joins(drawing: Drawing, _: Known) -> Iterator[Finding]:
    """A join gets a token on each way in, and two tokens meet at a join."""
    strands = Strands(drawing).follow()
    torn = _torn(drawing, strands)
    always = {
        place.id: all(not flow.condition and not flow.default for flow in place.outgoing)
        for place in drawing.places.values()
        if len(place.outgoing) > 1 and place.kind != "inclusiveGateway"
    }
    for place in drawing.places.values():
        seen: dict[Strand, str] = {}
        splits: dict[str, str] = {}
        for flow in place.incoming if len(place.incoming) > 1 else ():
            strand = strands.flows.get(flow.id, MANY)
            if strand == MANY:
                continue
            if place.kind == "parallelGateway" and strand in seen and not torn:
                yield STUCK.at(place.id, one=seen[strand], other=flow.id)
                break
            other = splits.get(strand.split)
            if other and strand not in seen and strand.way:
                rule = _meeting(place, always=always.get(strand.split, False))
                if rule:
                    yield rule.at(place.id, one=other, other=flow.id, split=strand.split)
                    break
            seen.setdefault(strand, flow.id)
            splits.setdefault(strand.split, flow.id)


def _torn(drawing: Drawing, strands: Strands) -> bool:
    """Whether a strand can end in one of several joins: an inclusive one may then be incomplete."""
    ends: dict[Strand, str] = {}
    for place in drawing.places.values():
        if place.kind not in _JOINS or len(place.incoming) == 1 or strands.never_passed(place):
            continue
        for strand in strands.arrivals[place.id].strands:
            if strand.way and ends.setdefault(strand, place.id) != place.id:
                return any(other.kind == "inclusiveGateway" for other in drawing.places.values())
    return False


def _meeting(place: Place, *, always: bool) -> Rule | None:
    """What is wrong where two ways out of one split meet, `always` both taken or not."""
    if place.kind == "parallelGateway":
        return None if always else PARTIAL
    return TWICE if always and place.kind not in ("inclusiveGateway", "endEvent") else None


CHECKS: tuple[Check, ...] = (joins,)
