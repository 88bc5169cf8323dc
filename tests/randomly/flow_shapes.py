"""Blocks of flow: rows, branches, loops, links, implicit splits and merges, plain tasks."""

from __future__ import annotations

from tests import drawing as draw
from tests.randomly.builder import NAMES, VALUES, Block, Builder


def task(b: Builder, _: int) -> Block:
    """A user task, sometimes with variables of its own."""
    if b.chance.happens(25):
        more = draw.inputs(i0=f"={b.chance.one_of(NAMES)}")
        if b.chance.happens(40) and not b.beside:
            more = f"{more}{draw.outputs(c1='=i0')}"
        return b.task(_one_mapping(more))
    return b.task()


def _one_mapping(more: str) -> str:
    return more.replace("</zeebe:ioMapping><zeebe:ioMapping>", "")


def work(b: Builder, _: int) -> Block:
    """A task that takes no time and writes a variable, where the order is defined."""
    kinds = ["script", "decision", "manual"] if not b.beside else ["manual"]
    kind = b.chance.one_of(kinds)
    name = b.name("k")
    if kind == "script":
        text = f"={b.chance.one_of([*VALUES, *NAMES])}"
        return b.plain(draw.script(name, text, b.chance.one_of(NAMES)), name)
    if kind == "decision":
        return b.plain(draw.decision(name, "tens", "decided"), name)
    return b.plain(f'<bpmn:{b.chance.one_of(["task", "manualTask"])} id="{name}"/>', name)


def service(b: Builder, _: int) -> Block:
    """A handler that fails by a modelled error in one case of three; its boundary catches it."""
    name, caught, merge, repair = b.name("k"), b.name("b"), b.name("j"), b.task()
    drawn = draw.service(name, "risky")
    before = b.task()  # where errors reach beyond the task, nothing else moves
    code = b.chance.one_of(["oops", ""])
    body = [*before.body, drawn, draw.boundary(caught, name, draw.error(code)), *repair.body]
    if b.beside or (b.around.error and b.chance.happens(40)):
        if not b.around.error:
            return before
        return Block([*before.body, drawn], [(before.last, name)], before.first, name)
    flows = [(before.last, name), (name, merge), (caught, repair.first), (repair.last, merge)]
    return Block([*body, draw.exclusive(merge)], flows, before.first, merge)


def row(b: Builder, depth: int) -> Block:
    return b.and_then(*(b.block(depth + 1) for _ in range(b.chance.below(2) + 2)))


def branches(b: Builder, depth: int, kind: str) -> Block:
    b.beside += kind != "xor"
    parts = [b.block(depth + 1) for _ in range(b.chance.below(2) + 2)]
    b.beside -= kind != "xor"
    split, join = b.name("g"), b.name("j")
    default = parts[-1]
    flows = [flow for part in parts for flow in part.flows]
    for part in parts:
        bare = kind == "and" or part is default
        flows.append((split, part.first) if bare else (split, part.first, b.condition()))
        flows.append((part.last, join))
    body = [element for part in parts for element in part.body]
    marked = f"{split}_{default.first}"
    body += {
        "xor": [draw.exclusive(split, default=marked), draw.exclusive(join)],
        "or": [draw.inclusive(split, default=marked), draw.inclusive(join)],
        "and": [draw.parallel(split, join)],
    }[kind]
    return Block(body, flows, split, join, [side for part in parts for side in part.side])


def xor(b: Builder, depth: int) -> Block:
    return branches(b, depth, "xor")


def both(b: Builder, depth: int) -> Block:
    return branches(b, depth, "and")


def some(b: Builder, depth: int) -> Block:
    return branches(b, depth, "or")


def loop(b: Builder, depth: int) -> Block:
    """Back again while a condition holds, always past a user task."""
    part = b.and_then(b.block(depth + 1), b.task())
    merge, again, out = b.name("m"), b.name("g"), b.name("o")
    flows = [
        *part.flows,
        (merge, part.first),
        (part.last, again),
        (again, merge, b.condition()),
        (again, out),
    ]
    more = [
        draw.exclusive(merge),
        draw.exclusive(again, default=f"{again}_{out}"),
        draw.exclusive(out),
    ]
    return Block([*part.body, *more], flows, merge, out, part.side)


def link(b: Builder, depth: int) -> Block:
    """Two blocks joined by a pair of link events."""
    one, other = b.block(depth + 1), b.block(depth + 1)
    name, leap, land = b.name("l"), b.name("l"), b.name("l")
    body = [draw.throw(leap, draw.link(name)), draw.catch(land, draw.link(name))]
    flows = [*one.flows, *other.flows, (one.last, leap), (land, other.first)]
    sides = [*one.side, *other.side]
    return Block([*one.body, *other.body, *body], flows, one.first, other.last, sides)


def implicit_split(b: Builder, depth: int) -> Block:
    """A task with two flows out: both, or those whose condition holds (13.2.1)."""
    conditional = b.chance.happens(50)
    b.beside += 1
    parts = [b.block(depth + 1) for _ in range(2)]
    b.beside -= 1
    split, join = b.name("t"), b.name("j")
    drawn = draw.user(split)
    flows = [flow for part in parts for flow in part.flows]
    flows += [(part.last, join) for part in parts]
    flows += [(split, parts[1].first)]
    flows += [(split, parts[0].first, *([b.condition()] if conditional else []))]
    if conditional:
        default = f'<bpmn:userTask default="{split}_{parts[1].first}" '
        drawn = drawn.replace("<bpmn:userTask ", default)
    body = [element for part in parts for element in part.body]
    body += [drawn, draw.inclusive(join) if conditional else draw.parallel(join)]
    return Block(body, flows, split, join, [side for part in parts for side in part.side])


def implicit_merge(b: Builder, depth: int) -> Block:
    """Two ways that meet at a task without a gateway."""
    parts = [b.block(depth + 1) for _ in range(2)]
    split, meet = b.name("g"), b.task()
    marked = f"{split}_{parts[1].first}"
    flows = [flow for part in parts for flow in part.flows]
    flows += [(part.last, meet.first) for part in parts]
    flows += [(split, parts[0].first, b.condition()), (split, parts[1].first)]
    body = [*(element for part in parts for element in part.body), *meet.body]
    sides = [side for part in parts for side in part.side]
    body.append(draw.exclusive(split, default=marked))
    return Block(body, flows, split, meet.last, sides, waits=True)


def fork(b: Builder, depth: int) -> Block:
    """A branch that goes to an end of its own."""
    split, aside = b.name("g"), b.task()
    b.beside += 1
    part = b.block(depth + 1)
    b.beside -= 1
    flows = [*part.flows, *aside.flows, (split, part.first), (split, aside.first)]
    body = [*part.body, *aside.body, draw.parallel(split)]
    return Block(body, flows, split, part.last, [*part.side, aside.last])


def doubled(b: Builder, _: int) -> Block:
    """Two tokens pass the same task, because nothing joins them (13.2.1)."""
    name, first, last = b.name("p"), b.name("s"), b.name("e")
    split, one, other, meet = b.name("g"), b.task(), b.task(), b.task()
    flows = [
        (first, split),
        (split, one.first),
        (split, other.first),
        (one.last, meet.first),
        (other.last, meet.first),
        (meet.last, last),
    ]
    body = [*one.body, *other.body, *meet.body, draw.parallel(split)]
    return b.plain(draw.sub(name, draw.start(first), draw.end(last), *body, flows=flows), name)
