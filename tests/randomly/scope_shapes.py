"""Blocks with an inside: sub-processes, transactions, repeated activities, calls, compensation."""

from __future__ import annotations

from tests import drawing as draw
from tests.randomly.builder import CODES, NAMES, Around, Block, Builder


def sub(b: Builder, depth: int) -> Block:
    """A sub-process with what may leave it early."""
    return _bordered(b, depth, "subProcess")


def transaction(b: Builder, depth: int) -> Block:
    """A transaction that may be cancelled."""
    return _bordered(b, depth, "transaction")


def _bordered(b: Builder, depth: int, kind: str) -> Block:
    error = b.chance.happens(60)
    host = scope(b, depth, kind, catches=error)
    merge = b.name("j")
    body, flows, sides = [*host.body, draw.exclusive(merge)], [(host.last, merge)], []
    triggers = [draw.error(b.chance.one_of(["", "oops"]))] if error else []
    triggers += [draw.CANCEL] if kind == "transaction" else []
    for trigger in triggers:
        event, repair = b.name("b"), b.task()
        body += [draw.boundary(event, host.first, trigger), *repair.body]
        flows += [(event, repair.first), (repair.last, merge)]
    if b.chance.happens(30):
        event, after, interrupting = b.name("b"), b.task(), b.chance.happens(50)
        trigger = draw.escalation(b.chance.one_of([*CODES, ""]))
        body += [draw.boundary(event, host.first, trigger, interrupting=interrupting), *after.body]
        flows.append((event, after.first))
        sides += [] if interrupting else [after.last]
        flows += [(after.last, merge)] if interrupting else []
    return Block(body, flows, host.first, merge, sides)


def scope(b: Builder, depth: int, kind: str, *, catches: bool = False) -> Block:
    """One sub-process, as a single element."""
    outer, undoable = b.around, b.undoable
    by_start = not catches and b.chance.happens(15)
    b.around = Around(error=outer.error or catches or by_start, cancel=kind == "transaction")
    b.undoable = []
    more = _variables(b)
    block = b.block(depth + 1)
    if kind == "transaction":
        block = _may_be_cancelled(b, b.and_then(undoing(b, depth), block))
    body, flows = b.framed(block)
    inside = b.event_subs(Around(error=outer.error or catches), catches=by_start)
    b.around, b.undoable = outer, undoable
    name = b.name("p")
    drawn = draw.sub(name, more, *body, *inside, flows=flows, kind=kind)
    return b.plain(drawn + _undo(b, name, 15), name)


def _may_be_cancelled(b: Builder, block: Block) -> Block:
    check, split, cancel, no = b.task(), b.name("g"), b.task(), b.name("x")
    whole = b.and_then(block, check)
    after = b.task()
    gate = draw.exclusive(split, default=f"{split}_{after.first}")
    body = [*whole.body, gate, *cancel.body, *after.body, draw.end(no, draw.CANCEL)]
    flows = [
        *whole.flows,
        (whole.last, split),
        (split, cancel.first, b.condition()),
        (split, after.first),
        (cancel.last, no),
    ]
    return Block(body, flows, whole.first, after.last, whole.side, waits=True)


def _variables(b: Builder) -> str:
    """Input mappings, and output mappings where the order of writing is defined."""
    if not b.chance.happens(25):
        return ""
    mapped = draw.inputs(**{b.chance.one_of(NAMES): f"={b.chance.one_of(NAMES)}"})
    if not b.beside and b.chance.happens(50):
        mapped += draw.outputs(**{b.chance.one_of(NAMES): f"={b.chance.one_of(NAMES)}"})
    return draw.extension(mapped.replace("</zeebe:ioMapping><zeebe:ioMapping>", ""))


# -- compensation


def undoing(b: Builder, _: int) -> Block:
    """A user task that can be undone."""
    name = b.name("t")
    b.undoable.append(name)
    return Block([draw.user(name) + _undo(b, name, 100)], [], name, name, waits=True)


def _undo(b: Builder, name: str, percent: int) -> str:
    if not b.chance.happens(percent):
        return ""
    undo = b.name("u")
    if b.beside or b.chance.happens(50):
        return draw.compensating(name, draw.user(undo))
    text = f"={b.chance.one_of(NAMES)}"
    return draw.compensating(name, draw.script(undo, text, b.chance.one_of(NAMES)))


# -- repeated activities


def repeated_task(b: Builder, _: int) -> Block:
    """A user task for each item, with its result."""
    name = b.name("t")
    more = draw.inputs(i0=f"={b.chance.one_of([*NAMES, 'item'])}") if b.chance.happens(25) else ""
    return b.plain(_repeated(b, draw.user(name, more=more), sequential=b.chance.happens(50)), name)


def repeated_sub(b: Builder, depth: int) -> Block:
    """A sub-process for each item."""
    sequential, key = b.chance.happens(50), b.key
    b.beside += not sequential
    b.key = "=item"
    host = scope(b, depth, "subProcess")
    b.key = key
    b.beside -= not sequential
    head, _, tail = host.body[0].partition(f'<bpmn:boundaryEvent id="{host.first}_undo"')
    undo = f'<bpmn:boundaryEvent id="{host.first}_undo"{tail}' if tail else ""
    return b.plain(_repeated(b, head, sequential=sequential) + undo, host.first)


def _repeated(b: Builder, activity: str, *, sequential: bool) -> str:
    items = b.chance.one_of(["=[1, 2]", "=[1, 2, 3]", "=[7]", "=[]"])
    results = (b.name("r"), "=vote") if b.chance.happens(60) else ("", "")
    counts = ["numberOfCompletedInstances = 1", "numberOfCompletedInstances = 2", "vote = 1"]
    until = f"={b.chance.one_of(counts)}" if b.chance.happens(50) else ""
    return draw.repeated(
        activity, items, "item", results=results, until=until, sequential=sequential
    )


# -- calls


def call(b: Builder, depth: int) -> Block:
    """Another process; errors and escalations of it may be caught at the call."""
    error = b.chance.happens(50)
    host = bare_call(b, depth, catches=error)
    merge = b.name("j")
    body, flows, sides = [*host.body, draw.exclusive(merge)], [(host.last, merge)], []
    if error:
        event, repair = b.name("b"), b.task()
        body += [draw.boundary(event, host.first, draw.error()), *repair.body]
        flows += [(event, repair.first), (repair.last, merge)]
    if b.chance.happens(40):
        event, after, interrupting = b.name("b"), b.task(), b.chance.happens(50)
        trigger = draw.escalation(b.chance.one_of([*CODES, ""]))
        body += [draw.boundary(event, host.first, trigger, interrupting=interrupting), *after.body]
        flows.append((event, after.first))
        sides += [] if interrupting else [after.last]
        flows += [(after.last, merge)] if interrupting else []
    return Block(body, flows, host.first, merge, sides)


def bare_call(b: Builder, _: int, *, catches: bool = False) -> Block:
    """A call activity, once or for each item."""
    name, process = b.name("a"), b.name("q")
    if b.depth >= 2:
        return b.task()
    inner = Builder(b.chance, min(b.budget, 5), b.shapes, outer=b)
    inner.around = Around(error=b.around.error or catches)
    inner.process(process)
    b.budget -= 2
    everything = not b.beside and b.chance.happens(50)
    source, target = b.chance.one_of(NAMES), b.chance.one_of(NAMES)
    mapped = draw.inputs(c0=f"={source}", c1=f"={target}")
    if not everything and not b.beside:
        mapped += draw.outputs(**{target: "=c0", "vote": "=c1"})
    mapped = mapped.replace("</zeebe:ioMapping><zeebe:ioMapping>", "")
    drawn = draw.call(name, process, mapped, everything=everything)
    if b.chance.happens(30):
        drawn = _repeated(b, drawn, sequential=b.chance.happens(50))
    return b.plain(drawn, name)
