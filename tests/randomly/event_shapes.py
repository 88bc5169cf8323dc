"""Blocks with events: catching, throwing, event-based gateways."""

from __future__ import annotations

from tests import drawing as draw
from tests.randomly.builder import CODES, SIGNALS, Block, Builder


def waiting(b: Builder, _: int) -> Block:
    """A catch event or a receive task in the flow."""
    name = b.name("w")
    kind = b.chance.one_of(["message", "timer", "date", "signal", "receive"])
    if kind == "timer":
        return b.plain(draw.catch(name, draw.timer(b.moment())), name)
    if kind == "date":
        micros = b.counter[0] * 612_347 % 999_983
        date = f"2026-03-0{b.chance.below(3) + 1}T1{b.chance.below(9)}:00:00.{micros:06}Z"
        return b.plain(draw.catch(name, draw.timer(date, "timeDate")), name)
    if kind == "signal":
        return b.plain(draw.catch(name, draw.signal(b.chance.one_of(SIGNALS))), name)
    if kind == "receive":
        return receive(b)
    return b.plain(draw.catch(name, b.message()), name)


def receive(b: Builder) -> Block:
    name = b.name("w")
    reference = b.message().partition('messageRef="')[2].partition('"')[0]
    return b.plain(f'<bpmn:receiveTask id="{name}" messageRef="{reference}"/>', name)


def either(b: Builder, depth: int) -> Block:
    """An event-based gateway: the first of several events wins, several timers among them."""
    gate, join = b.name("g"), b.name("j")
    triggers = [b.message(), draw.timer(b.moment())]
    if b.chance.happens(50):
        triggers.append(draw.timer(b.moment()))
    if b.chance.happens(30):
        triggers.append(draw.signal(b.chance.one_of(SIGNALS)))
    if b.chance.happens(30):
        triggers.append(draw.conditional(b.condition()))
    body, flows, sides = [draw.choice(gate), draw.exclusive(join)], [], []
    for trigger in triggers:
        event = b.name("w")
        body.append(draw.catch(event, trigger))
        flows.append((gate, event))
        if b.chance.happens(40):
            part = b.block(depth + 1)
            body += part.body
            sides += part.side
            flows += [*part.flows, (event, part.first), (part.last, join)]
        else:
            flows.append((event, join))
    return Block(body, flows, gate, join, sides)


def throwing(b: Builder, _: int) -> Block:
    """A throw event between two user tasks, so that nothing else moves with it."""
    kinds = [draw.signal(b.chance.one_of(SIGNALS)), draw.compensate(), ""]
    if b.around.escalation:
        kinds += [draw.escalation(b.chance.one_of(CODES))] * 2
    if b.sendable:
        kinds += [draw.message(b.chance.one_of(b.sendable))] * 2
    if b.undoable:
        kinds.append(draw.compensate(b.chance.one_of(b.undoable)))
    name = b.name("h")
    return b.and_then(b.task(), b.plain(draw.throw(name, b.chance.one_of(kinds)), name), b.task())


def listening(b: Builder, _: int) -> Block:
    """One branch waits for what the other throws."""
    b.beside += 1
    one, other = b.task(), b.task()
    b.beside -= 1
    kind = b.chance.one_of(["message", "signal"])
    wait, thrown, split, join = b.name("w"), b.name("h"), b.name("g"), b.name("j")
    trigger = b.message(keyed=False) if kind == "message" else draw.signal(b.chance.one_of(SIGNALS))
    after = b.task()
    body = [*one.body, *other.body, *after.body, draw.parallel(split, join)]
    body += [draw.catch(wait, trigger), draw.throw(thrown, trigger)]
    flows = [
        (split, one.first),
        (split, other.first),
        (one.last, wait),
        (other.last, thrown),
        (thrown, after.first),
        (wait, join),
        (after.last, join),
    ]
    return Block(body, flows, split, join)
